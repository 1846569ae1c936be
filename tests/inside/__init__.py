"""What benchmarks measure inside the library: names that are not public, beside the tests, which move with them."""
