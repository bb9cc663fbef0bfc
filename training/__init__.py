"""The desktop: data, augmentation, training and evaluation of action classifiers."""
