"""From trained weights to quantized TFLite models and release bundles."""
