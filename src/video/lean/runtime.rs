//! The one thread that receives for all cameras.
//!
//! It begins with the first camera and ends with the last. Before it waits for packets it sleeps a little, so that one
//! look takes what came from all cameras meanwhile: waking up for every packet costs more than the packets themselves.
//! Must never do anything that waits for a camera, a decoder or a disk other than through its own timers.

use std::future::Future;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{Semaphore, oneshot};

/// Packets wait for so long at most before they are looked at; a quarter of the time between two pictures.
const GATHERS_FOR: Duration = Duration::from_millis(10);
/// What is said to cameras when the last one is let go gets so long to leave.
const PARTING: Duration = Duration::from_millis(200);
/// Names are looked up on threads of their own, as many as this at once; they end when they are idle.
const LOOKUPS: usize = 4;
/// A name server that does not answer holds a lookup for longer than its camera waits: no more of them may begin.
static LOOKUPS_LEFT: Semaphore = Semaphore::const_new(LOOKUPS);

/// The thread; it ends when nobody holds it.
pub(super) struct ReceiveThread {
    handle: Handle,
    over: Option<oneshot::Sender<()>>,
}

static SHARED: Mutex<Weak<ReceiveThread>> = Mutex::new(Weak::new());

impl Drop for ReceiveThread {
    fn drop(&mut self) {
        if let Some(over) = self.over.take() {
            // It has ended by itself if the channel is closed.
            let _ = over.send(());
        }
    }
}

impl ReceiveThread {
    /// The thread of this process.
    pub(super) fn shared() -> std::io::Result<Arc<ReceiveThread>> {
        let mut shared = SHARED.lock();
        if let Some(thread) = shared.upgrade() {
            return Ok(thread);
        }
        let runtime = Builder::new_current_thread()
            .enable_all()
            // The library looks a name up once more when it connects.
            .max_blocking_threads(2 * LOOKUPS)
            .thread_keep_alive(Duration::from_secs(1))
            .thread_name("receive-lookup")
            .on_thread_park(|| thread::sleep(GATHERS_FOR))
            .build()?;
        let (over, ended) = oneshot::channel();
        let handle = runtime.handle().clone();
        thread::Builder::new().name("receive".into()).spawn(move || {
            runtime.block_on(async {
                let _ = ended.await;
                tokio::time::sleep(PARTING).await;
            });
            // A name server may keep a lookup for longer than anybody wants to wait.
            runtime.shutdown_background();
        })?;
        let thread = Arc::new(ReceiveThread { handle, over: Some(over) });
        *shared = Arc::downgrade(&thread);
        Ok(thread)
    }

    /// Does this work for a camera beside that of the others.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.handle.spawn(work);
    }
}

/// Whether the host has an address. Waits for the name server; who asks must not wait without a deadline.
pub(super) async fn is_known(host: &str, port: u16) -> bool {
    if host.parse::<IpAddr>().is_ok() {
        return true;
    }
    let Ok(turn) = LOOKUPS_LEFT.acquire().await else { return false };
    let host = host.to_owned();
    let lookup = tokio::task::spawn_blocking(move || {
        let found = (host.as_str(), port).to_socket_addrs().is_ok_and(|mut found| found.next().is_some());
        drop(turn);
        found
    });
    lookup.await.unwrap_or(false)
}
