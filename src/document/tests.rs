//! Whole runbooks, read.
