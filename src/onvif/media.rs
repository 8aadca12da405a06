//! A camera's streams, from its services Media2 or Media.

use super::named;
use super::xml::Element;

/// Frames of a second that no camera has.
const MOST_FPS: f32 = 1_000.0;
/// Seconds from a keyframe to the next one that are advised: a picture comes soon, and costs little more.
const GOOD_KEYFRAME_SECONDS: f32 = 2.0;
/// Longest name that a camera has for something of its own; ONVIF allows 64 characters.
const LONGEST_TOKEN: usize = 256;
/// Longest address of a stream, in bytes.
const LONGEST_ADDRESS: usize = 2_000;

/// A stream as a camera offers it.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// The camera's name for it, for the camera.
    pub token: String,
    /// The camera's name for it, for people.
    pub name: String,
    /// `H.264`, `H.265`, `MJPEG`, else as the camera says.
    pub codec: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Frames a second, as they are set.
    pub fps: Option<f32>,
    /// Maximum kbit/s.
    pub kbps: Option<u32>,
    /// Frames from a keyframe to the next one.
    pub keyframe_interval: Option<u32>,
    /// `rtsp://` or `rtsps://`, without user and password; `{password}` where the camera itself wrote the password.
    pub url: String,
    /// The settings behind it; several profiles may share them.
    pub encoder_token: String,
    /// Which view it is of: a recorder has one for each channel.
    pub source: String,
}

impl Profile {
    /// Whether it is H.264 or H.265.
    pub(crate) fn is_compressed_well(&self) -> bool {
        matches!(self.codec.as_str(), "H.264" | "H.265")
    }

    pub(crate) fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Seconds from a keyframe to the next one.
    pub fn keyframe_seconds(&self) -> Option<f32> {
        let fps = self.fps.filter(|fps| *fps > 0.0)?;
        #[allow(clippy::cast_precision_loss, reason = "intervals are far below 16 million frames")]
        let frames = self.keyframe_interval? as f32;
        Some(frames / fps)
    }

    /// How many seconds there are from a keyframe to the next one, if more than `most`, and the interval that is better.
    pub(crate) fn better_keyframes(&self, most: f32) -> Option<(f32, u32)> {
        let seconds = self.keyframe_seconds().filter(|seconds| *seconds > most)?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "fewer than 2,000 frames")]
        let frames = (self.fps? * GOOD_KEYFRAME_SECONDS).round() as u32;
        Some((seconds, frames.max(1)))
    }
}

/// The two services that know streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Media2,
    Media,
}

impl Service {
    /// What lists the profiles, with their settings.
    pub(super) fn get_profiles(self) -> &'static str {
        match self {
            Service::Media2 => "<tr2:GetProfiles><tr2:Type>All</tr2:Type></tr2:GetProfiles>",
            Service::Media => "<trt:GetProfiles/>",
        }
    }

    /// What asks for the address of a stream. `token` is escaped.
    pub(super) fn get_stream(self, token: &str) -> String {
        match self {
            Service::Media2 => format!(
                "<tr2:GetStreamUri><tr2:Protocol>RTSP</tr2:Protocol><tr2:ProfileToken>{token}</tr2:ProfileToken>\
                 </tr2:GetStreamUri>"
            ),
            Service::Media => format!(
                "<trt:GetStreamUri><trt:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP\
                 </tt:Protocol></tt:Transport></trt:StreamSetup><trt:ProfileToken>{token}</trt:ProfileToken>\
                 </trt:GetStreamUri>"
            ),
        }
    }

    /// Where the address of a stream stands in the answer.
    pub(super) fn stream(self, answer: &Element) -> Option<&str> {
        let path: &[&str] = match self {
            Service::Media2 => &["Uri"],
            Service::Media => &["MediaUri", "Uri"],
        };
        answer.onvif(path).map(Element::text).filter(|uri| (1..=LONGEST_ADDRESS).contains(&uri.len()))
    }

    /// What asks for the settings of an encoder. `token` is escaped.
    pub(super) fn get_encoder(self, token: &str) -> String {
        match self {
            Service::Media2 => format!(
                "<tr2:GetVideoEncoderConfigurations><tr2:ConfigurationToken>{token}</tr2:ConfigurationToken>\
                 </tr2:GetVideoEncoderConfigurations>"
            ),
            Service::Media => format!(
                "<trt:GetVideoEncoderConfiguration><trt:ConfigurationToken>{token}</trt:ConfigurationToken>\
                 </trt:GetVideoEncoderConfiguration>"
            ),
        }
    }

    /// The settings of that encoder in the answer: some cameras send all of theirs.
    pub(super) fn encoder<'e>(self, answer: &'e Element, token: &str) -> Option<&'e Element> {
        let name = match self {
            Service::Media2 => "Configurations",
            Service::Media => "Configuration",
        };
        let mut all = answer.children.iter().filter(|child| child.name == name);
        all.find(|found| found.attribute("token") == Some(token))
    }

    /// What sets them. ONVIF knows no change of one value: all go back as they came.
    pub(super) fn set_encoder(self, mut encoder: Element) -> String {
        encoder.name = "Configuration".to_owned();
        let mut text = String::new();
        encoder.write(&mut text);
        match self {
            Service::Media2 => {
                format!("<tr2:SetVideoEncoderConfiguration>{text}</tr2:SetVideoEncoderConfiguration>")
            }
            Service::Media => format!(
                "<trt:SetVideoEncoderConfiguration>{text}<trt:ForcePersistence>true</trt:ForcePersistence>\
                 </trt:SetVideoEncoderConfiguration>"
            ),
        }
    }

    /// The settings with another keyframe interval; none where these have no such setting.
    pub(super) fn with_keyframe_interval(self, mut encoder: Element, frames: u32) -> Option<Element> {
        match self {
            Service::Media2 => {
                if codec_of(&encoder) == "MJPEG" {
                    return None;
                }
                encoder.set_attribute("GovLength", frames.to_string());
            }
            Service::Media => {
                let [h264, mpeg4] = GOV_LENGTHS;
                let path = if encoder.onvif(h264).is_some() { h264 } else { mpeg4 };
                encoder.onvif_mut(path)?.set_text(frames.to_string());
            }
        }
        Some(encoder)
    }
}

/// Where Media has the keyframe interval.
const GOV_LENGTHS: [&[&str]; 2] = [&["H264", "GovLength"], &["MPEG4", "GovLength"]];

/// The keyframe interval of an encoder, where it is said.
pub(super) fn keyframe_interval(encoder: &Element) -> Option<u32> {
    let in_attribute = encoder.attribute("GovLength").and_then(|frames| frames.parse().ok());
    let inside = GOV_LENGTHS.iter().find_map(|path| encoder.read(path));
    in_attribute.or(inside).filter(|frames| *frames > 0)
}

fn codec_of(encoder: &Element) -> String {
    let said = encoder.onvif(&["Encoding"]).map(Element::text).unwrap_or_default();
    match said.to_ascii_uppercase().as_str() {
        "H264" => "H.264".to_owned(),
        "H265" | "HEVC" => "H.265".to_owned(),
        "JPEG" | "MJPEG" => "MJPEG".to_owned(),
        "MPEG4" | "MPV4-ES" => "MPEG-4".to_owned(),
        _ => named(said).unwrap_or_else(|| "?".to_owned()),
    }
}

/// A profile as both services write it, without the address of its stream; none where it has no video, or no name that
/// could be one.
pub(super) fn profile(element: &Element) -> Option<Profile> {
    let is_token = |token: &&str| token.len() <= LONGEST_TOKEN;
    let token = element.attribute("token").filter(|token| !token.is_empty()).filter(is_token)?.to_owned();
    let encoder = element
        .onvif(&["VideoEncoderConfiguration"])
        .or_else(|| element.onvif(&["Configurations", "VideoEncoder"]))?;
    let source = element
        .onvif(&["VideoSourceConfiguration"])
        .or_else(|| element.onvif(&["Configurations", "VideoSource"]))
        .and_then(|source| source.onvif(&["SourceToken"]));
    let name = element.onvif(&["Name"]).and_then(|name| named(name.text()));
    Some(Profile {
        name: name.or_else(|| named(&token))?,
        token,
        codec: codec_of(encoder),
        width: encoder.read(&["Resolution", "Width"]).unwrap_or(0),
        height: encoder.read(&["Resolution", "Height"]).unwrap_or(0),
        fps: encoder.read(&["RateControl", "FrameRateLimit"]).filter(|fps| *fps > 0.0 && *fps < MOST_FPS),
        kbps: encoder.read(&["RateControl", "BitrateLimit"]).filter(|rate| *rate > 0),
        keyframe_interval: keyframe_interval(encoder),
        url: String::new(),
        encoder_token: encoder.attribute("token").filter(is_token).unwrap_or_default().to_owned(),
        source: source.map(Element::text).filter(is_token).unwrap_or_default().to_owned(),
    })
}
