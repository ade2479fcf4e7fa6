"""Which releases an environment has sent events of, and when first; bounded against made-up names."""
