//! `lookout check`: Reads a configuration and reports every problem.
