//! One camera: its clock, what it is, its streams, how often it sends a keyframe.
//!
//! Each question goes without a login first, and with one only where the camera asks: then in the way that it asks for, so
//! that a wrong password is tried once and not in every way there is, as many cameras lock a user out.

use std::collections::HashSet;
use std::time::Duration;

use http_auth::{PasswordClient, PasswordParams};
use jiff::SignedDuration;
use parking_lot::Mutex;
use tokio::time::timeout;
use url::Url;

use super::Login;
use super::address::{AskedDevice, shown, without_password};
use super::error::OnvifError;
use super::http::{self, Answer};
use super::media::{self, Profile, Service};
use super::soap::{self, Fault, Message};
use super::xml::{self, Element, Unreadable, escaped};
use crate::text::onvif as say;

mod answer;

use answer::{
    action_of, clock_ahead, digest_offered, information_of, is_stale, looks_like_a_page, message_of,
};

/// What the first questions get together.
const OPENING: Duration = Duration::from_secs(30);
/// What the streams of a recorder get together.
const LISTING: Duration = Duration::from_secs(90);
/// Recorders with more channels have them under more than one address.
const MOST_PROFILES: usize = 256;
/// A question is sent so often: without a login, with one, with one whose nonce was too old, and once on.
const MOST_TRIES: u32 = 4;
/// Redirects of one question.
const MOST_REDIRECTS: u32 = 2;

/// What a camera says it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Information {
    /// Who made it.
    pub maker: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// The version of what runs on it.
    pub firmware: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
}

/// How a camera wants a login proved.
enum Proof {
    /// WS-UsernameToken, in the message.
    Token,
    /// HTTP Digest.
    Digest(PasswordClient),
}

/// What is known of a camera's way to ask.
#[derive(Default)]
struct Access {
    proof: Option<Proof>,
    /// A proof was taken: the password is right.
    is_right: bool,
}

/// Which proof went with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    Nothing,
    Token,
    Digest,
}

/// A camera that was reached, and lets us in.
pub struct Device {
    asked: AskedDevice,
    login: Option<Login>,
    access: Mutex<Access>,
    /// How far its clock is ahead of ours; none where it does not say.
    ahead: Option<SignedDuration>,
    services: Vec<(Service, Url)>,
    /// The one that listed the streams.
    listed_by: Mutex<Option<Service>>,
    information: Information,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").field("service", &self.asked.service.as_str()).finish_non_exhaustive()
    }
}

impl Device {
    /// Asks a camera for its clock, its services and what it is.
    ///
    /// # Errors
    /// It cannot be reached, speaks no ONVIF, or refuses the login.
    pub async fn open(service: &Url, login: Option<&Login>) -> Result<Device, OnvifError> {
        let mut device = Device {
            asked: AskedDevice::new(service.clone()),
            login: login.cloned(),
            access: Mutex::default(),
            ahead: None,
            services: Vec::new(),
            listed_by: Mutex::new(None),
            information: Information::default(),
        };
        let late = OnvifError::NoAnswer { address: shown(service) };
        timeout(OPENING, device.begin()).await.map_err(|_| late)??;
        Ok(device)
    }

    async fn begin(&mut self) -> Result<(), OnvifError> {
        let service = self.asked.service.clone();
        // Asked of everybody (access class PRE_AUTH), before anybody logs in: a proof holds the time.
        let date = self.ask_openly(&service, "<tds:GetSystemDateAndTime/>").await?;
        self.ahead = date.as_ref().and_then(clock_ahead);
        let service = self.asked.service.clone();
        self.find_services(&service).await?;
        let information = "<tds:GetDeviceInformation/>";
        self.information = match self.ask(&service, information).await {
            Ok(answer) => information_of(&answer),
            // It is not worth more than that.
            Err(OnvifError::Fault { .. } | OnvifError::Unsupported { .. } | OnvifError::Forbidden { .. }) => {
                Information::default()
            }
            Err(error) => return Err(error),
        };
        Ok(())
    }

    /// What it is.
    pub fn information(&self) -> &Information {
        &self.information
    }

    /// The address of its service.
    pub fn service(&self) -> &Url {
        &self.asked.service
    }

    /// How far its clock is ahead of this machine's (negative: behind), where it says what time it is.
    pub fn clock_ahead(&self) -> Option<SignedDuration> {
        self.ahead
    }

    /// Its streams that can be opened, in its own order; there is at least one.
    ///
    /// # Errors
    /// It cannot be asked, refuses, or has none.
    pub async fn profiles(&self) -> Result<Vec<Profile>, OnvifError> {
        timeout(LISTING, self.list()).await.map_err(|_| OnvifError::NoAnswer { address: self.address() })?
    }

    async fn list(&self) -> Result<Vec<Profile>, OnvifError> {
        let mut last = OnvifError::Unsupported { address: self.address(), what: say::listing_streams() };
        for (service, url) in &self.services {
            match self.list_by(*service, url).await {
                Ok(profiles) => {
                    *self.listed_by.lock() = Some(*service);
                    return Ok(profiles);
                }
                // Some cameras name Media2 and do not have it.
                Err(
                    error @ (OnvifError::Fault { .. }
                    | OnvifError::Unsupported { .. }
                    | OnvifError::NotOnvif { .. }
                    | OnvifError::NoStreams { .. }
                    | OnvifError::Failed { .. }
                    | OnvifError::Misread { .. }),
                ) => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    async fn list_by(&self, service: Service, url: &Url) -> Result<Vec<Profile>, OnvifError> {
        let answer = self.ask(url, service.get_profiles()).await?;
        let mut profiles: Vec<Profile> = Vec::new();
        let mut tokens = HashSet::new();
        let mut refused = None;
        for mut profile in answer.onvif_all("Profiles").filter_map(media::profile).take(MOST_PROFILES) {
            if !tokens.insert(profile.token.clone()) {
                continue;
            }
            match self.stream_of(service, url, &profile.token).await {
                Ok(stream) => {
                    profile.url = without_password(stream.as_str(), self.login.as_ref());
                    profiles.push(profile);
                }
                // A profile that is not switched on has no stream; the others may.
                Err(error @ (OnvifError::Fault { .. } | OnvifError::NoStreams { .. })) => {
                    refused = Some(error)
                }
                Err(error @ OnvifError::SentElsewhere { .. }) => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        if profiles.is_empty() {
            return Err(refused.unwrap_or(OnvifError::NoStreams { address: self.address() }));
        }
        Ok(profiles)
    }

    async fn stream_of(&self, service: Service, url: &Url, token: &str) -> Result<Url, OnvifError> {
        let answer = self.ask(url, &service.get_stream(&escaped(token))).await?;
        let given = service.stream(&answer).ok_or(OnvifError::NoStreams { address: self.address() })?;
        self.asked.stream(given)
    }

    /// Sets how many frames there are from a keyframe to the next one, and reads back what the camera made of it.
    ///
    /// # Errors
    /// It cannot be asked, refuses, or has no such setting for this stream.
    pub async fn set_keyframe_interval(&self, profile: &Profile, frames: u32) -> Result<u32, OnvifError> {
        timeout(OPENING, self.set(profile, frames))
            .await
            .map_err(|_| OnvifError::NoAnswer { address: self.address() })?
    }

    async fn set(&self, profile: &Profile, frames: u32) -> Result<u32, OnvifError> {
        let unsupported =
            || OnvifError::Unsupported { address: self.address(), what: say::setting_keyframes() };
        let listed_by = *self.listed_by.lock();
        // Where the streams were not listed the first service is taken, as listing them would.
        let mut services = self.services.iter();
        let found = services.find(|(service, _)| listed_by.is_none_or(|listed| listed == *service));
        let (service, url) = found.ok_or_else(unsupported)?;
        let question = service.get_encoder(&escaped(&profile.encoder_token));
        let answer = self.ask(url, &question).await?;
        let encoder = service.encoder(&answer, &profile.encoder_token).ok_or_else(unsupported)?;
        let changed = service.with_keyframe_interval(encoder.clone(), frames).ok_or_else(unsupported)?;
        self.ask(url, &service.set_encoder(changed)).await?;
        let answer = self.ask(url, &question).await?;
        let encoder = service.encoder(&answer, &profile.encoder_token).ok_or_else(unsupported)?;
        media::keyframe_interval(encoder).ok_or_else(unsupported)
    }

    // ---- what it has

    /// Media2 before Media, as it alone knows H.265.
    async fn find_services(&mut self, url: &Url) -> Result<(), OnvifError> {
        let question =
            "<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>";
        let mut found = Vec::new();
        match self.ask(url, question).await {
            Ok(answer) => {
                let named = |service: &Element| {
                    let space = service.onvif(&["Namespace"])?.text().to_owned();
                    Some((space, service.onvif(&["XAddr"])?.text().to_owned()))
                };
                let services: Vec<(String, String)> = answer.onvif_all("Service").filter_map(named).collect();
                let of = |wanted: &str| {
                    services.iter().find(|(space, _)| space == wanted).map(|(_, at)| at.clone())
                };
                self.learn_own_port(of("http://www.onvif.org/ver10/device/wsdl"));
                found.extend(of(xml::MEDIA2).map(|at| (Service::Media2, at)));
                found.extend(of(xml::MEDIA).map(|at| (Service::Media, at)));
            }
            // Of before 2011.
            Err(OnvifError::Fault { .. } | OnvifError::NotOnvif { .. } | OnvifError::Failed { .. }) => {}
            Err(error) => return Err(error),
        }
        if found.is_empty() {
            let question = "<tds:GetCapabilities><tds:Category>All</tds:Category></tds:GetCapabilities>";
            let answer = self.ask(url, question).await?;
            let at = |name| {
                let address = answer.onvif(&["Capabilities", name, "XAddr"]);
                address.map(|address| address.text().to_owned()).filter(|address| !address.is_empty())
            };
            self.learn_own_port(at("Device"));
            found.extend(at("Media").map(|at| (Service::Media, at)));
        }
        let mut elsewhere = None;
        for (service, at) in found {
            match self.asked.service(&at) {
                Ok(url) => self.services.push((service, url)),
                Err(error) => elsewhere = Some(error),
            }
        }
        match elsewhere {
            Some(error) if self.services.is_empty() => Err(error),
            Some(_) | None => Ok(()),
        }
    }

    fn learn_own_port(&mut self, device: Option<String>) {
        let url = device.and_then(|at| Url::parse(&at).ok());
        self.asked.own_port = url.and_then(|url| url.port_or_known_default());
    }

    fn address(&self) -> String {
        shown(&self.asked.service)
    }

    // ---- how it is asked

    /// A question that everybody may ask. A camera that refuses it leaves it unanswered.
    async fn ask_openly(&mut self, url: &Url, body: &str) -> Result<Option<Element>, OnvifError> {
        let (answer, answered_at) = self.post(url, body, None, Sent::Nothing).await?;
        self.asked.ip = Some(answer.ip);
        // A camera that sends on to its encrypted port is asked there from now on.
        self.asked.service = answered_at;
        if matches!(answer.status, 401 | 403) {
            return Ok(None);
        }
        let message = message_of(&answer).await;
        match self.read(answer.status, &answer.body, message)? {
            Message::Body(element) => Ok(Some(element)),
            Message::Fault(_) | Message::Other => Ok(None),
        }
    }

    async fn ask(&self, url: &Url, body: &str) -> Result<Element, OnvifError> {
        for attempt in 1..=MOST_TRIES {
            let (sent, token) = self.proof();
            let answer = self.post(url, body, token.as_deref(), sent).await?.0;
            let by_http = answer.status == 401 || (answer.status == 403 && sent == Sent::Nothing);
            let message = message_of(&answer).await;
            let message = match by_http {
                true => message.unwrap_or(Message::Other),
                false => self.read(answer.status, &answer.body, message)?,
            };
            let fault = match message {
                Message::Body(element) if !by_http => {
                    self.access.lock().is_right |= sent != Sent::Nothing;
                    return Ok(element);
                }
                Message::Fault(fault) => Some(fault),
                Message::Body(_) | Message::Other => None,
            };
            let in_words = |fault: &Fault| fault.is_about_login() || fault.is_lock_out();
            match fault {
                Some(fault) if !by_http && !in_words(&fault) => return Err(self.fault(&fault)),
                fault => self.learn(&answer, fault.as_ref(), sent, attempt)?,
            }
        }
        Err(self.refused(false))
    }

    /// Sends it, and again where the same host says so. With where it was answered.
    async fn post(
        &self,
        url: &Url,
        body: &str,
        token: Option<&str>,
        sent: Sent,
    ) -> Result<(Answer, Url), OnvifError> {
        let message = soap::envelope(body, token);
        let mut url = url.clone();
        let action = action_of(body);
        for _ in 0..=MOST_REDIRECTS {
            // Computed for each place to which a question goes.
            let proof = if sent == Sent::Digest { self.digest(&url, &message) } else { None };
            let answer = http::post(&url, self.asked.ip, &action, message.clone(), proof).await?;
            match (answer.status, &answer.location) {
                (301 | 302 | 303 | 307 | 308, Some(to)) => url = self.asked.redirect(&url, to)?,
                _ => return Ok((answer, url)),
            }
        }
        Err(OnvifError::SentElsewhere { address: self.address(), to: shown(&url) })
    }

    /// What an answer holds that does not refuse a login by HTTP.
    fn read(
        &self,
        status: u16,
        body: &[u8],
        message: Result<Message, Unreadable>,
    ) -> Result<Message, OnvifError> {
        let address = self.address();
        let user = self.login.as_ref().map(|login| super::clean(&login.user)).unwrap_or_default();
        match (status, message) {
            (_, Ok(Message::Fault(fault))) => Ok(Message::Fault(fault)),
            (200..=299, Ok(Message::Body(element))) => Ok(Message::Body(element)),
            (200..=299, Ok(Message::Other)) => Err(OnvifError::NotOnvif { address, status }),
            (200..=299, Err(_)) if looks_like_a_page(body) => Err(OnvifError::NotOnvif { address, status }),
            (200..=299, Err(why)) => Err(OnvifError::Misread { address, why: why.sentence() }),
            // Locked (RFC 4918), and too many requests (RFC 6585).
            (423 | 429, _) => Err(OnvifError::LockedOut { address, user }),
            (403, _) => Err(OnvifError::Forbidden { address, user }),
            (500.., _) => Err(OnvifError::Failed { address, status }),
            (_, _) => Err(OnvifError::NotOnvif { address, status }),
        }
    }

    fn fault(&self, fault: &Fault) -> OnvifError {
        let address = self.address();
        OnvifError::Fault { address, code: fault.code(), reason: fault.reason.clone() }
    }

    /// What goes with the next question.
    fn proof(&self) -> (Sent, Option<String>) {
        let Some(login) = &self.login else { return (Sent::Nothing, None) };
        match &self.access.lock().proof {
            None => (Sent::Nothing, None),
            Some(Proof::Token) => {
                let token = soap::username_token(login, self.ahead.unwrap_or_default());
                (Sent::Token, Some(token))
            }
            Some(Proof::Digest(_)) => (Sent::Digest, None),
        }
    }

    /// The value of `Authorization`.
    fn digest(&self, url: &Url, message: &str) -> Option<String> {
        let login = self.login.as_ref()?;
        let parameters = PasswordParams {
            username: &login.user,
            password: login.password.reveal(),
            uri: &http::target(url),
            method: "POST",
            body: Some(message.as_bytes()),
        };
        match &mut self.access.lock().proof {
            Some(Proof::Digest(client)) => client.respond(&parameters).ok(),
            Some(Proof::Token) | None => None,
        }
    }

    /// A question was refused: learns how to prove the login, so that it can be sent again.
    ///
    /// # Errors
    /// It is of no use.
    fn learn(
        &self,
        answer: &Answer,
        fault: Option<&Fault>,
        sent: Sent,
        attempt: u32,
    ) -> Result<(), OnvifError> {
        if self.login.is_none() {
            return Err(OnvifError::PasswordNeeded { address: self.address() });
        }
        if fault.is_some_and(Fault::is_lock_out) {
            return Err(self.refused(true));
        }
        let mut access = self.access.lock();
        let offered = digest_offered(answer);
        let is_right = access.is_right;
        let next = match (sent, offered) {
            (Sent::Nothing, Some(client)) => Proof::Digest(client),
            // Basic would send the password as it is.
            (Sent::Nothing, None) => Proof::Token,
            // It does not look at what stands in the message.
            (Sent::Token, Some(client)) if !is_right => Proof::Digest(client),
            (Sent::Digest, Some(client)) if is_stale(access.proof.as_ref(), &client, is_right) => {
                Proof::Digest(client)
            }
            (Sent::Token | Sent::Digest, _) => {
                // A login that passed Digest and is refused in the message has the right password.
                access.is_right |= sent == Sent::Digest && answer.status != 401;
                drop(access);
                return Err(self.refused(false));
            }
        };
        if attempt == MOST_TRIES {
            drop(access);
            return Err(self.refused(false));
        }
        access.proof = Some(next);
        Ok(())
    }

    fn refused(&self, is_lock_out: bool) -> OnvifError {
        let address = self.address();
        let Some(login) = &self.login else { return OnvifError::PasswordNeeded { address } };
        let user = super::clean(&login.user);
        match (is_lock_out, self.access.lock().is_right) {
            (true, _) => OnvifError::LockedOut { address, user },
            (false, true) => OnvifError::Forbidden { address, user },
            (false, false) => OnvifError::PasswordWrong { address, user },
        }
    }
}
