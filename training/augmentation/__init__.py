"""Windows as other people and other cameras would have shown them."""
