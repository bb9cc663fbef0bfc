"""What all four programs of Posefleet agree on: poses, features, the network, messages, bundles."""
