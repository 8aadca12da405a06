//! Sentences for people about the conditions of a camera.

use super::words::Language;
use crate::analysis::camera_health::NoVideoCause;
use crate::text::{Sentence, condition as say};
use crate::types::camera_condition::CameraCondition;

impl CameraCondition {
    /// The title of an alert about it.
    pub fn title(self, camera: &str, language: Language) -> String {
        self.sentence(camera).in_language(language)
    }

    fn sentence(self, camera: &str) -> Sentence {
        match self {
            CameraCondition::NoVideo => say::no_video(camera),
            CameraCondition::Frozen => say::frozen(camera),
            CameraCondition::Dark => say::dark(camera),
            CameraCondition::OverExposed => say::over_exposed(camera),
            CameraCondition::Covered => say::covered(camera),
            CameraCondition::Moved => say::moved(camera),
            CameraCondition::Blurred => say::blurred(camera),
            CameraCondition::Sprayed => say::sprayed(camera),
        }
    }

    /// The condition alone, in a word or two.
    pub(crate) fn words(self) -> Sentence {
        match self {
            CameraCondition::NoVideo => say::word_no_video(),
            CameraCondition::Frozen => say::word_frozen(),
            CameraCondition::Dark => say::word_dark(),
            CameraCondition::OverExposed => say::word_over_exposed(),
            CameraCondition::Covered => say::word_covered(),
            CameraCondition::Moved => say::word_moved(),
            CameraCondition::Blurred => say::word_blurred(),
            CameraCondition::Sprayed => say::word_sprayed(),
        }
    }

    /// The title where no video comes: why, as far as that is known, and where the camera is to be found.
    pub(crate) fn no_video_title(
        camera: &str,
        cause: Option<NoVideoCause>,
        device: Option<&str>,
        language: Language,
    ) -> String {
        let mut title = say::no_video(camera);
        if let Some(cause) = cause {
            title = say::because(title, why_no_video(cause));
        }
        if let Some(device) = device {
            title = say::at_device(title, device);
        }
        title.in_language(language)
    }
}

/// Why there is no video, in a few words.
pub(crate) fn why_no_video(cause: NoVideoCause) -> Sentence {
    match cause {
        NoVideoCause::WrongPassword => say::wrong_password(),
        NoVideoCause::PasswordNeeded => say::password_needed(),
        NoVideoCause::LoginElsewhere => say::login_elsewhere(),
        NoVideoCause::UnknownLogin => say::unknown_login(),
        NoVideoCause::Forbidden => say::forbidden(),
        NoVideoCause::NoSuchStream => say::no_such_stream(),
        NoVideoCause::UnknownHost => say::unknown_host(),
        NoVideoCause::ConnectionRefused => say::connection_refused(),
        NoVideoCause::Unreachable => say::unreachable(),
        NoVideoCause::NoAnswer => say::no_answer(),
        NoVideoCause::NotRtsp => say::not_rtsp(),
        NoVideoCause::Busy => say::busy(),
        NoVideoCause::SentAstray => say::sent_astray(),
        NoVideoCause::RequestRefused => say::request_refused(),
        NoVideoCause::Certificate => say::certificate(),
        NoVideoCause::UnsupportedVideo => say::unsupported_video(),
        NoVideoCause::NoVideoTrack => say::no_video_track(),
        NoVideoCause::NoPicture => say::no_picture(),
        NoVideoCause::Closed => say::closed(),
        NoVideoCause::BadFile => say::bad_file(),
        NoVideoCause::BoxFault => say::box_fault(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_has_the_same_name_everywhere_and_a_title_in_both_languages() {
        for condition in CameraCondition::ALL {
            assert_eq!(serde_json::to_value(condition).expect("a word"), condition.name());
            assert!(condition.title("cam-03", Language::English).is_ascii());
            let chinese = condition.title("cam-03", Language::Chinese);
            assert!(chinese.contains(" cam-03 "), "{chinese}");
            assert!(chinese.replace("cam-03", "").chars().all(|c| c == ' ' || !c.is_ascii()), "{chinese}");
        }
    }

    #[test]
    fn every_cause_has_a_name_of_its_own_and_words_in_both_languages() {
        for (i, cause) in NoVideoCause::ALL.into_iter().enumerate() {
            assert_eq!(NoVideoCause::named(cause.name()), Some(cause));
            let chinese = |cause| why_no_video(cause).in_language(Language::Chinese);
            assert!(why_no_video(cause).in_language(Language::English).is_ascii());
            assert!(chinese(cause).chars().all(|c| !c.is_ascii()));
            for other in &NoVideoCause::ALL[..i] {
                assert_ne!(chinese(*other), chinese(cause));
            }
        }
    }

    #[test]
    fn a_title_says_which_camera_why_and_where() {
        let title =
            |cause, device, language| CameraCondition::no_video_title("cam-03", cause, device, language);
        let wrong = Some(NoVideoCause::WrongPassword);
        let at = Some("10.0.0.31:554");
        assert_eq!(
            title(wrong, at, Language::English),
            "Camera cam-03 gives no video: wrong password (10.0.0.31:554)"
        );
        assert_eq!(title(wrong, at, Language::Chinese), "摄像机 cam-03 无视频：密码错误（10.0.0.31:554）");
        assert_eq!(title(None, None, Language::English), "Camera cam-03 gives no video");
    }
}
