//! The page *Backup*: what makes this box this one, sealed, for an installer to take along. Restoring is a command on the box.
//!
//! A backup holds every password of the box, so it takes the installer's own password once more: a session that was
//! left open is not enough. Must never show or keep a passphrase, nor give out anything that is not sealed.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use jiff::tz::TimeZone;
use maud::html;

use super::accounts::Role;
use super::layout::token;
use super::login;
use super::request::{OwnForm, Reader, Refused, Visitor, at_least};
use super::{Connection, Site};
use crate::analysis::time::Timestamp;
use crate::config::backup::{Backup, LEAST_PASSPHRASE_CHARS, is_passphrase};
use crate::text::{Sentence, backup, page as say, page_backup as text};

/// What the audit log says happened.
const MADE: &str = "page_backup";

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Result<Response, Refused> {
    let reader = Reader::of(&site, request.headers());
    page(&site, &visitor, reader, request.headers(), None, StatusCode::OK).await
}

async fn page(
    site: &Arc<Site>,
    visitor: &Visitor,
    reader: Reader,
    headers: &HeaderMap,
    fault: Option<Sentence>,
    status: StatusCode,
) -> Result<Response, Refused> {
    let shell = site.shell(reader, text::title(), "/backup".to_owned(), headers, visitor).await?;
    let body = html! {
        h1 { (shell.say(text::title())) }
        p.lead { (shell.say(text::about())) }
        @if visitor.may(Role::Installer) {
            section.narrow {
                @if let Some(fault) = &fault { p.fault role="alert" { (shell.say(fault.clone())) } }
                form method="post" action="/backup" {
                    (token(visitor.form_token()))
                    label for="passphrase" { (shell.say(text::passphrase())) }
                    input #passphrase type="password" name="passphrase" required minlength=(LEAST_PASSPHRASE_CHARS)
                        autocomplete="off" aria-describedby="about-passphrase";
                    p.hint #about-passphrase { (shell.say(text::about_passphrase(LEAST_PASSPHRASE_CHARS))) }
                    label for="again" { (shell.say(text::again())) }
                    input #again type="password" name="again" required autocomplete="off";
                    label for="password" { (shell.say(text::own_password())) }
                    input #password type="password" name="password" required autocomplete="current-password"
                        aria-describedby="about-password";
                    p.hint #about-password { (shell.say(text::about_own_password())) }
                    button type="submit" { (shell.say(text::make())) }
                }
            }
        } @else {
            p.hint { (shell.say(text::installers_only())) }
        }
        p { (shell.say(text::about_restoring())) }
        pre { code { ("sudo lookout restore FILE --check") } }
    };
    Ok((status, Html(shell.page(body).into_string())).into_response())
}

/// The backup as a file.
pub(super) async fn make(
    State(site): State<Arc<Site>>,
    connection: Option<Extension<Arc<Connection>>>,
    headers: HeaderMap,
    form: OwnForm,
) -> Result<Response, Refused> {
    let OwnForm { visitor, fields, reader } = form;
    at_least(Role::Installer, &visitor, text::installers_only(), reader)?;
    let again = |fault, status| page(&site, &visitor, reader, &headers, Some(fault), status);
    let passphrase = fields.exact("passphrase").to_owned();
    if !is_passphrase(&passphrase) {
        return again(backup::weak(LEAST_PASSPHRASE_CHARS), StatusCode::BAD_REQUEST).await;
    }
    if fields.exact("again") != passphrase {
        return again(text::not_the_same(), StatusCode::BAD_REQUEST).await;
    }
    let connection = connection.as_ref().map(|Extension(connection)| connection);
    let password = fields.exact("password").to_owned();
    if let Err(why) = login::confirm(&site, &visitor, connection, password, reader).await? {
        return again(why, StatusCode::BAD_REQUEST).await;
    }
    // It takes as much as a password: one at a time.
    let Some(_turn) = site.turn_to_hash().await else {
        return again(say::too_many_at_once(), StatusCode::SERVICE_UNAVAILABLE).await;
    };
    let now = site.now().utc;
    let config = site.parts.in_force.borrow().config.clone();
    let made = move |_: &Site| {
        let backup = Backup::of(&config, now)?;
        Ok::<_, crate::config::backup::BackupError>((backup.names().count(), backup.sealed(&passphrase)?))
    };
    let (count, sealed) = match site.blocking(made, reader).await? {
        Ok(made) => made,
        Err(error) => {
            let why = text::not_made(error.sentence());
            return again(why, StatusCode::INTERNAL_SERVER_ERROR).await;
        }
    };
    // It leaves once that stands in the audit log.
    site.note(MADE, &visitor.by(), Some(format!("{count} files")), reader).await?;
    let name = file_name(&site.parts.box_name, now, &site.time_zone());
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, sealed).into_response())
}

/// What a file of that box and day is called.
fn file_name(box_name: &str, at: Timestamp, zone: &TimeZone) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' };
    let of_box: String = box_name.chars().map(plain).collect();
    format!("lookout-{of_box}-{}.backup.age", at.to_zoned(zone.clone()).strftime("%Y-%m-%d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_file_has_box_and_day_at_the_site() {
        let (at, zone) = ("2026-11-30T18:00:00Z".parse().unwrap(), TimeZone::get("Asia/Shanghai").unwrap());
        let name = file_name("530127.盒子 \"1\"", at, &zone);
        assert_eq!(name, "lookout-530127.----1--2026-12-01.backup.age");
    }
}
