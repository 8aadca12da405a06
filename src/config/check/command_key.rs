//! Who may command the box: names, roles and public keys.

use std::collections::BTreeMap;

use super::Checker;
use crate::config::document::Document;
use crate::contract::signature::{KnownKey, PublicKey};

/// Keys that everybody can sign with: RFC 8037, appendix A.
const PRINTED: [&str; 1] = ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"];

impl Checker<'_, '_> {
    pub(super) fn command_keys(&mut self, document: &Document) -> Vec<KnownKey> {
        let mut taken = BTreeMap::new();
        let mut keys: Vec<KnownKey> = Vec::with_capacity(document.command_key.len());
        for section in &document.command_key {
            let key = &section.value;
            let id = self.id(&key.id, "command key", &mut taken);
            let owner =
                id.as_ref().map_or_else(|| "command key".to_owned(), |id| format!("command key `{id}`"));
            let Some(field) = &key.public_key else { continue };
            // What stands here by mistake may be the private half: it is never quoted.
            let Some(public) = PublicKey::parse(field.value.trim()) else {
                self.report
                    .error(&field.span, format!("{owner}: `public_key` is no Ed25519 key"))
                    .hint("43 letters, digits, `-` and `_`, as `lookout keys make` prints them; the private half never stands here");
                continue;
            };
            if PRINTED.contains(&public.text().as_str()) {
                self.report
                    .error(
                        &field.span,
                        format!("{owner}: is the example of RFC 8037, whose private half is printed there"),
                    )
                    .hint("make a key of your own: lookout keys make NAME --role ROLE --out DIR");
                continue;
            }
            if let Some(other) = keys.iter().find(|other| other.public == public) {
                self.report
                    .error(&field.span, format!("{owner}: has the same `public_key` as `{}`", other.id))
                    .hint("one key for each holder, so that the audit log tells who it was");
                continue;
            }
            if let (Some(id), Some(role)) = (id, &key.role) {
                keys.push(KnownKey { id, role: role.value, public });
            }
        }
        keys
    }
}
