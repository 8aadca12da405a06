//! The page's access to the views, and each of its viewers, counted for as long as they stay.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::Hub;
use crate::view::{LiveView, Next, NoLook, Sighting, Still};

/// The page's access to the views.
#[derive(Clone)]
pub struct Viewer(pub(super) Arc<Hub>);

impl std::fmt::Debug for Viewer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Viewer")
    }
}

impl Viewer {
    pub(in crate::view) fn hub(&self) -> &Hub {
        &self.0
    }

    /// Looks at a camera for as long as the result lives.
    ///
    /// # Errors
    /// [`NoLook`].
    pub fn look(&self, camera: &str) -> Result<Look, NoLook> {
        let (looking, views) = self.0.begin(camera, |slot| {
            slot.looks += 1;
            slot.live.subscribe()
        })?;
        Ok(Look { looking, views })
    }

    /// Looks at what the box makes of a camera's frames, without pictures.
    ///
    /// # Errors
    /// [`NoLook`].
    pub fn follow(&self, camera: &str) -> Result<Follow, NoLook> {
        let (looking, sightings) = self.0.begin(camera, |slot| {
            slot.follows += 1;
            slot.sightings.subscribe()
        })?;
        Ok(Follow { looking, sightings })
    }

    /// Whether there is such a camera.
    pub fn has(&self, camera: &str) -> bool {
        self.0.has(camera)
    }

    /// A view that is kept while somebody looks.
    pub fn view(&self, camera: &str, number: u64) -> Option<Arc<LiveView>> {
        self.0.view(camera, number)
    }

    /// The latest small picture of a camera, about 320 pixels wide; `None` while there is none yet. From now on one is made
    /// every ten seconds at most, until nobody has asked for a while.
    pub fn still(&self, camera: &str) -> Option<Arc<Still>> {
        self.0.still(camera, self.0.now())
    }

    /// A picture of a camera as large as it is analysed, as a background to draw on; `None`: there is no such camera, or it
    /// gave no frame in time.
    pub async fn shape_picture(&self, camera: &str, within: Duration) -> Option<Arc<Still>> {
        let mut pictures = self.0.wish_for_a_shape_picture(camera, self.0.now(), within)?;
        let picture = tokio::time::timeout(within, pictures.wait_for(Option::is_some)).await;
        picture.ok()?.ok()?.clone()
    }
}

/// A registration of a viewer, ended when dropped.
pub(super) struct Looking {
    pub(super) hub: Arc<Hub>,
    pub(super) camera: Arc<str>,
    pub(super) serial: u64,
}

/// A viewer of a camera.
pub struct Look {
    looking: Looking,
    views: watch::Receiver<Option<Arc<LiveView>>>,
}

impl Look {
    /// The latest view with a greater number than `after`, as soon as there is one.
    pub async fn next(&mut self, after: u64, within: Duration) -> Next<LiveView> {
        next(&mut self.views, within, |view| view.number > after).await
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        self.looking.hub.end(&self.looking, |slot| {
            slot.looks -= 1;
            if slot.looks == 0 {
                slot.forget_live();
            }
        });
    }
}

/// A viewer of the annotated picture of a camera.
pub struct Follow {
    looking: Looking,
    sightings: watch::Receiver<Option<Arc<Sighting>>>,
}

impl Follow {
    /// The latest sighting with a greater number than `after`, as soon as there is one.
    pub async fn next(&mut self, after: u64, within: Duration) -> Next<Sighting> {
        next(&mut self.sightings, within, |sighting| sighting.number > after).await
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        self.looking.hub.end(&self.looking, |slot| {
            slot.follows -= 1;
            if slot.follows == 0 {
                slot.sightings.send_replace(None);
            }
        });
    }
}

async fn next<T>(
    latest: &mut watch::Receiver<Option<Arc<T>>>,
    within: Duration,
    is_new: impl Fn(&T) -> bool,
) -> Next<T> {
    let fits = |one: &Option<Arc<T>>| one.as_ref().is_some_and(|one| is_new(one));
    match tokio::time::timeout(within, latest.wait_for(fits)).await {
        Ok(Ok(one)) => one.clone().map_or(Next::NothingYet, Next::New),
        Ok(Err(_)) => Next::Gone,
        Err(_) => Next::NothingYet,
    }
}
