//! How much of the recent time something was so: for what people do on and off, such as selling or digging.

use std::time::Duration;

/// A share of watched time, older time fading.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    memory: Duration,
    value: f32,
}

impl Share {
    /// Nothing so far; after `memory` without it a third of the share is left.
    pub(super) fn new(memory: Duration) -> Self {
        Share { memory: memory.max(Duration::from_secs(1)), value: 0.0 }
    }

    /// Takes in that it was so, or not, for that much watched time.
    pub(super) fn add(&mut self, watched: Duration, is_so: bool) {
        let kept = (-watched.as_secs_f32() / self.memory.as_secs_f32()).exp();
        let now = if is_so { 1.0 } else { 0.0 };
        self.value = now + (self.value - now) * kept;
    }

    /// 0..1.
    pub(super) fn value(&self) -> f32 {
        self.value
    }
}
