"""The statistics (pure, arrays in and out): tail probabilities, the baseline estimator, sliding windows."""
