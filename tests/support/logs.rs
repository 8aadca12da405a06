//! Everything that is logged by this test's process, to look for what must not be there.

use std::io::{self, Write};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Starts to capture at the finest level; the text so far comes from the function that is returned.
pub fn capture() -> impl Fn() -> String {
    static BUFFER: OnceLock<Buffer> = OnceLock::new();
    let buffer = BUFFER.get_or_init(|| {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        // Fails where another test of this process captures already, into the same buffer.
        let _ = tracing::subscriber::set_global_default(subscriber);
        buffer
    });
    || String::from_utf8_lossy(&buffer.0.lock()).into_owned()
}
