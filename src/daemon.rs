//! The wiring: start in order, supervise, stop in order.
