//! Single redacted pictures of cameras: the small one of the page Status, and the one that somebody draws zones on.
//!
//! Must never show what `view` did not redact.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Site;
use super::request::{Reader, Refused};
use crate::text::{Sentence, page_live as say};
use crate::view::{Still, ViewPicture};

/// A camera on patrol gives a frame every few seconds.
const WITHIN: Duration = Duration::from_secs(15);

/// The small picture of a camera.
pub(super) async fn still(
    State(site): State<Arc<Site>>,
    Path(camera): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let reader = Reader::of(&site, &headers);
    let still = site.parts.viewer.still(&camera);
    answer(still.as_deref(), say::first_picture_follows(), reader)
}

/// A picture as large as the camera is analysed.
pub(super) async fn shape(
    State(site): State<Arc<Site>>,
    Path(camera): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let reader = Reader::of(&site, &headers);
    let picture = site.parts.viewer.shape_picture(&camera, WITHIN).await;
    answer(picture.as_deref(), say::no_frame_in_time(), reader)
}

fn answer(still: Option<&Still>, none: Sentence, reader: Reader) -> Result<Response, Refused> {
    match still.map(|still| &still.picture) {
        Some(Ok(picture)) => Ok(jpeg(picture)),
        Some(Err(why)) => Err(Refused::new(StatusCode::NOT_FOUND, why.clone(), reader)),
        None => Err(Refused::new(StatusCode::NOT_FOUND, none, reader)),
    }
}

pub(super) fn jpeg(picture: &ViewPicture) -> Response {
    ([(header::CONTENT_TYPE, "image/jpeg")], Bytes::from_owner(picture.jpeg.clone())).into_response()
}
