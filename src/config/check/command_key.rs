//! Checks the command keys: names, roles and public keys.

use std::collections::BTreeMap;

use super::Checker;
use crate::config::document::Document;
use crate::contract::signature::{KnownKey, PublicKey};
use crate::text::config::of;
use crate::text::{Words, config_check, config_site as text};

/// Keys that everybody can sign with: RFC 8037, appendix A.
const PRINTED: [&str; 1] = ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"];

impl Checker<'_, '_> {
    pub(super) fn command_keys(&mut self, document: &Document) -> Vec<KnownKey> {
        let mut taken = BTreeMap::new();
        let mut keys: Vec<KnownKey> = Vec::with_capacity(document.command_key.len());
        for section in &document.command_key {
            let key = &section.value;
            let id = self.id(&key.id, config_check::a_command_key(), &mut taken);
            let owner: Words =
                id.as_deref().map_or_else(config_check::a_command_key, config_check::command_key).into();
            let Some(field) = &key.public_key else { continue };
            // What stands here by mistake may be the private half: it is never quoted.
            let Some(public) = PublicKey::parse(field.value.trim()) else {
                self.report.error(&field.span, of(owner, text::no_public_key())).hint(text::what_keys_hold());
                continue;
            };
            if PRINTED.contains(&public.text().as_str()) {
                self.report.error(&field.span, of(owner, text::printed_key())).hint(text::make_your_own());
                continue;
            }
            if let Some(other) = keys.iter().find(|other| other.public == public) {
                self.report
                    .error(&field.span, of(owner, text::same_key(&*other.id)))
                    .hint(text::one_key_each());
                continue;
            }
            if let (Some(id), Some(role)) = (id, &key.role) {
                keys.push(KnownKey { id, role: role.value, public });
            }
        }
        keys
    }
}
