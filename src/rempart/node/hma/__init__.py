"""What a client of Meta's hasher-matcher-actioner (HMA) finds behind its routes: banks, contents, exchanges, URLs."""
