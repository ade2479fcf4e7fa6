"""The words by which incidents are described and found: bug classes and contributing factors."""
