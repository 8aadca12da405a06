//! The catalogue of public models: `models/public.toml`, which is part of the program, or a file of one's own.
//!
//! Must never hold a model's weights, and never an address from which anything would be taken without a digest:
//! [`Public::digest`] refuses.

use std::path::Path;

use serde::{Deserialize, Deserializer, de};
use url::Url;

use crate::cli::{Failure, line_of, named_path};
use crate::contract::Language;
use crate::detector::LARGEST_FILE_BYTES;
use crate::detector::manifest::Description;
use crate::input_file;
use crate::text::{Sentence, model, models as say};
use crate::types::hex::digest_from_hex;

/// The catalogue that comes with Lookout.
const BUILT_IN: &str = include_str!("../../../models/public.toml");

/// Public models, in the catalogue's order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Catalogue {
    #[serde(default)]
    public: Vec<Public>,
    /// What it is called in messages.
    #[serde(skip)]
    called: Option<Sentence>,
}

/// A public model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Public {
    /// What it is fetched by, and what the manifest calls it.
    pub name: String,
    /// What it finds, for people.
    what: String,
    /// The same in Chinese.
    what_zh: Option<String>,
    /// Who made it.
    maker: String,
    /// The same in Chinese.
    maker_zh: Option<String>,
    /// Its maker's page about it.
    pub page: String,
    /// Where its maker publishes the file.
    #[serde(deserialize_with = "address")]
    pub url: Url,
    /// Licence of the weights.
    pub licence: String,
    /// SHA-256 of the file, in hex.
    sha256: Option<String>,
    /// Size of the file.
    bytes: Option<u64>,
    /// What one should know before using it.
    note: Option<String>,
    /// The same in Chinese.
    note_zh: Option<String>,
    /// How it is described; name, file, digest, licence and origin come from above.
    #[serde(default)]
    model: Description,
}

impl Catalogue {
    /// Reads the catalogue in `file`, or the one that comes with Lookout.
    pub(super) fn open(file: Option<&Path>) -> Result<Catalogue, Failure> {
        match file {
            None => Catalogue::parse(BUILT_IN, say::lookouts_catalogue()),
            Some(file) => {
                let called = say::catalogue_file(file.display());
                let text = input_file::read_text(file)
                    .map_err(|error| named_path::unreadable(called.clone(), file, &error))?;
                Catalogue::parse(&text, called)
            }
        }
    }

    fn parse(text: &str, called: Sentence) -> Result<Catalogue, Failure> {
        let mut catalogue: Catalogue = toml::from_str(text).map_err(|error| {
            let line = line_of(text, &error);
            Failure::refused(say::catalogue_wrong(called.clone(), line, error.message()))
        })?;
        for (number, model) in catalogue.public.iter().enumerate() {
            if catalogue.public[..number].iter().any(|before| before.name == model.name) {
                return Err(Failure::refused(say::listed_twice(called, &model.name)));
            }
        }
        catalogue.called = Some(called);
        Ok(catalogue)
    }

    /// All of them.
    pub(super) fn models(&self) -> &[Public] {
        &self.public
    }

    /// The model of that name.
    pub(super) fn model(&self, name: &str) -> Result<&Public, Failure> {
        self.public.iter().find(|model| model.name == name).ok_or_else(|| {
            let known = match self.public.is_empty() {
                true => say::nothing().into(),
                false => model::listed(self.public.iter().map(|model| format!("`{}`", model.name))),
            };
            let called = self.called.clone().unwrap_or_else(say::lookouts_catalogue);
            Failure::refused(say::not_in_catalogue(called, name)).hint(model::it_has(known))
        })
    }
}

impl Public {
    /// What it finds, for who reads that language.
    pub(super) fn what(&self, language: Language) -> &str {
        of_both(&self.what, self.what_zh.as_deref(), language)
    }

    /// Who made it.
    pub(super) fn maker(&self, language: Language) -> &str {
        of_both(&self.maker, self.maker_zh.as_deref(), language)
    }

    /// What one should know before using it.
    pub(super) fn note(&self, language: Language) -> Option<&str> {
        Some(of_both(self.note.as_deref()?, self.note_zh.as_deref(), language))
    }

    /// The digest that the file must have.
    pub(super) fn digest(&self) -> Result<[u8; 32], Failure> {
        let Some(hex) = &self.sha256 else {
            return Err(
                Failure::refused(say::no_pinned_digest(&self.name)).hint(say::try_own_download(&self.page))
            );
        };
        digest_from_hex(hex).ok_or_else(|| Failure::refused(say::digest_malformed(&self.name)))
    }

    /// More bytes than this are not taken.
    pub(crate) fn most_bytes(&self) -> u64 {
        self.bytes.unwrap_or(LARGEST_FILE_BYTES).min(LARGEST_FILE_BYTES)
    }

    /// What the file is called here: the last part of its address.
    pub(super) fn file_name(&self) -> Result<String, Failure> {
        let last = self.url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if last.is_empty() || last.starts_with('.') || !last.chars().all(plain) {
            return Err(Failure::refused(say::no_file_name(&self.name)));
        }
        Ok(last.to_owned())
    }

    /// What the manifest will say of it, as far as the catalogue knows.
    pub(super) fn description(&self, name: &str) -> Description {
        Description {
            name: Some(name.to_owned()),
            licence: Some(self.licence.clone()),
            origin: Some(format!("{}, {}", self.maker, self.url)),
            ..self.model.clone()
        }
    }
}

/// The Chinese where it is asked for and there is one.
fn of_both<'t>(english: &'t str, chinese: Option<&'t str>, language: Language) -> &'t str {
    match language {
        Language::English => english,
        Language::Chinese => chinese.unwrap_or(english),
    }
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    String::deserialize(from)?
        .parse()
        .map_err(|error: url::ParseError| de::Error::custom(say::no_address(error.to_string())))
}

#[cfg(test)]
mod tests {
    use super::super::download::allowed;
    use super::*;

    #[test]
    fn every_model_that_comes_with_lookout_can_be_asked_for_safely() {
        let catalogue = Catalogue::open(None).unwrap_or_else(|failure| panic!("{}", failure.message));
        assert!(!catalogue.models().is_empty());
        for model in catalogue.models() {
            let name = &model.name;
            assert!(allowed(&model.url).is_ok() && model.url.scheme() == "https", "{name}");
            assert!(model.digest().is_ok() && model.file_name().is_ok(), "{name}");
            assert!(model.bytes.is_some_and(|bytes| bytes == model.most_bytes()), "{name}");
            assert!(model.page.starts_with("https://") && !model.licence.is_empty(), "{name}");
            assert_ne!(model.what(Language::Chinese), model.what(Language::English), "{name}");
            assert_eq!(model.note.is_some(), model.note_zh.is_some(), "{name}");
            let mut description = model.description(name);
            description.complete();
            assert!(!description.reported().is_empty(), "{name}");
        }
    }

    #[test]
    fn a_catalogue_that_is_none_is_not_quoted() {
        let text = "[[public]]\nname = \"x\"\nurl = https://a:hunter2@example.org/x.onnx\n";
        for (language, line) in [(Language::English, "line 3: "), (Language::Chinese, "第 3 行有误")] {
            let failure = Catalogue::parse(text, say::catalogue_file("mine.toml")).unwrap_err();
            let message = failure.in_language(language).message;
            assert!(message.contains(line) && !message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn an_address_cannot_choose_where_the_file_goes() {
        let named = |url: &str| {
            let text = format!(
                "[[public]]\nname = \"x\"\nwhat = \"\"\nmaker = \"\"\npage = \"\"\nlicence = \"\"\nurl = \"{url}\""
            );
            let catalogue = Catalogue::parse(&text, say::lookouts_catalogue())
                .unwrap_or_else(|f| panic!("{}", f.message));
            catalogue.models()[0].file_name().ok()
        };
        assert_eq!(named("https://example.org/a/b.onnx?x=/y"), Some("b.onnx".to_owned()));
        for wrong in [
            "https://example.org",
            "https://example.org/a/",
            "https://example.org/..%2Fa",
            "https://example.org/.a",
        ] {
            assert_eq!(named(wrong), None, "{wrong}");
        }
    }
}
