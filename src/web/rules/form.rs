//! The form of a rule, made of what the configuration says of its fields: as markup, and as it comes back.
//!
//! A field is called by its path in the rule: `level`, `parked.for_secs`. Of a list each value that is offered is a box of its own,
//! `parked.classes:person`, and the field itself holds the others. Must never judge a value that can be read.

use maud::{Markup, html};
use serde_json::Value;

use super::super::layout::{Shell, colon};
use super::super::request::Fields;
use super::words::{value_in_words, word_of};
use crate::analysis::detection::{Class, class_words};
use crate::config::rule_fields::{Field, KindOfRule, Takes, TypedSection, common};
use crate::config::{Camera, Config};
use crate::contract::words::Language;
use crate::onvif::half_width;
use crate::text::{Joint, Sentence, Words, is_han, page_rules as say};

/// Cameras that get a box each; more than these are typed. A form has a limit, too.
const MOST_BOXES: usize = 60;
/// All cameras there are, as the configuration writes it.
pub(super) const EVERY_CAMERA: &str = "*";
/// Cameras whose names stand beside a zone.
const MOST_NAMED: usize = 3;
/// What people look for first; every other field stands under *More*.
const SHOWN_FIRST: [&str; 2] = ["schedule", "level"];

/// What a form is filled with.
pub(super) enum Filled<'a> {
    /// What stands in the file.
    Typed(&'a TypedSection),
    /// What came back.
    Posted(&'a Fields),
    /// Nothing but a name, and the camera that somebody comes from.
    Fresh { name: String, camera: Option<String> },
}

/// What is wrong with a field, in the reader's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldFault {
    /// What the field is called; that of none: of the rule as a whole.
    pub(super) key: String,
    pub(super) what: String,
    pub(super) hint: Option<String>,
}

/// A value that is to be different; `None`: as usual.
pub(super) type Change = (Vec<String>, Option<Value>);

/// A field with its path.
struct Placed {
    path: Vec<&'static str>,
    field: Field,
}

impl Placed {
    fn key(&self) -> String {
        self.path.join(".")
    }
}

/// All fields of a rule, in the order of the form; those of its condition behind what is said of all rules.
fn placed(kind: Option<&KindOfRule>) -> Vec<Placed> {
    let common = common().into_iter().map(|field| Placed { path: vec![field.name], field });
    let of_kind = kind.into_iter().flat_map(|kind| {
        let name = kind.alert.name;
        kind.fields.iter().cloned().map(move |field| Placed { path: vec![name, field.name], field })
    });
    common.chain(of_kind).collect()
}

// ---- as it comes back

/// What is different from what stands in the file, and what cannot be read.
pub(super) fn changes(
    kind: Option<&KindOfRule>,
    fields: &Fields,
    before: Option<&TypedSection>,
    language: Language,
) -> (Vec<Change>, Vec<FieldFault>) {
    let (mut changes, mut faults) = (Vec::new(), Vec::new());
    for one in placed(kind).iter().filter(|one| before.is_none() || one.field.name != "id") {
        let known = before.and_then(|rule| rule.value(&one.path));
        match read(one, fields, known) {
            Ok(value) if is_same(value.as_ref(), known) => {}
            Ok(value) => {
                changes.push((one.path.iter().map(|step| (*step).to_owned()).collect(), value));
            }
            Err(what) => faults.push(FieldFault {
                key: one.key(),
                what: what.in_language(language),
                hint: one.field.range().map(|range| begun_large(&range.in_language(language))),
            }),
        }
    }
    (changes, faults)
}

/// What a field holds; `None`: nothing.
fn read(one: &Placed, fields: &Fields, before: Option<&Value>) -> Result<Option<Value>, Sentence> {
    let key = one.key();
    let Placed { field, .. } = one;
    let text = fields.get(&key);
    let value = match &field.takes {
        Takes::Text => text.map(|text| Value::from(without_quotes(text))),
        Takes::Word(_) => text.map(Value::from),
        Takes::YesOrNo => text.map(|text| Value::from(text == "true")),
        Takes::Whole => {
            let number =
                text.map(|text| half_width(text).parse::<i64>().map_err(|_| say::no_whole_number(text)));
            number.transpose()?.map(Value::from)
        }
        Takes::Number => {
            let read = |text: &str| half_width(text).parse::<f64>().ok().filter(|number| number.is_finite());
            let number = text.map(|text| read(text).ok_or_else(|| say::no_number(text)));
            number.transpose()?.map(Value::from)
        }
        Takes::Names => names(&key, field, fields, before),
    };
    Ok(value)
}

/// Removes quotes that were copied with an example.
fn without_quotes(text: &str) -> &str {
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    quoted.filter(|text| !text.is_empty()).unwrap_or(text)
}

/// Existing entries keep their order.
fn names(key: &str, field: &Field, fields: &Fields, before: Option<&Value>) -> Option<Value> {
    let mut chosen: Vec<&str> = fields.ticked(key);
    // Some models name classes in two words.
    let others = fields.get(key).unwrap_or_default().split([',', '，', '、', ';', '；']);
    chosen.extend(others.map(str::trim).filter(|name| !name.is_empty()));
    let known =
        |value: Option<&Value>| texts(value).iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut ordered = known(before);
    ordered.retain(|name| chosen.contains(&name.as_str()));
    for name in chosen {
        if !ordered.iter().any(|there| there == name) {
            ordered.push(name.to_owned());
        }
    }
    let is_usual = before.is_none() && is_same_list(&ordered, &known(field.usual()));
    (!ordered.is_empty() && !is_usual).then(|| ordered.into())
}

fn is_same_list(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|name| other.contains(name))
}

fn is_same(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        // `60` and `60.0` say the same.
        (Some(Value::Number(one)), Some(Value::Number(other))) => one.as_f64() == other.as_f64(),
        (one, other) => one == other,
    }
}

pub(super) fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => vec![text],
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => Vec::new(),
    }
}

/// A value as it is written in the file.
pub(super) fn toml(value: &Value) -> toml_edit::Value {
    match value {
        Value::String(text) => text.as_str().into(),
        Value::Bool(yes) => (*yes).into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(number)) if is_whole(number) => (number as i64).into(),
            (None, number) => number.unwrap_or_default().into(),
        },
        Value::Array(items) => items.iter().map(toml).collect::<toml_edit::Array>().into(),
        Value::Null | Value::Object(_) => value.to_string().into(),
    }
}

/// Whether it is written without a fraction; far below where a fraction is lost.
fn is_whole(number: f64) -> bool {
    number.fract() == 0.0 && number.abs() < 1e9
}

/// A value as people type it.
pub(super) fn shown(value: &Value, language: Language) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => say::yes().in_language(language),
        Value::Bool(false) => say::no().in_language(language),
        Value::Number(number) => number.as_f64().map_or_else(String::new, |number| number.to_string()),
        Value::Array(_) => {
            let names = texts(Some(value)).into_iter().map(|name| Words::from(name.to_owned())).collect();
            Words::List(names, Joint::Row).in_language(language)
        }
        Value::Null | Value::Object(_) => String::new(),
    }
}

// ---- the form

/// A rule's fields as markup.
pub(super) struct Form<'a> {
    pub(super) shell: &'a Shell<'a>,
    pub(super) kind: Option<&'a KindOfRule>,
    pub(super) filled: Filled<'a>,
    pub(super) faults: &'a [FieldFault],
    /// Whether it has no name yet.
    pub(super) is_new: bool,
    /// The configuration whose cameras, zones and lines are offered.
    pub(super) config: &'a Config,
}

impl Form<'_> {
    fn say(&self, sentence: Sentence) -> String {
        self.shell.say(sentence)
    }

    /// All of it but the button.
    pub(super) fn body(&self) -> Markup {
        let all = placed(self.kind);
        let is_place = |one: &Placed| {
            let of_rule = one.path.len() == 1 && matches!(one.field.name, "cameras" | "eye");
            of_rule || (one.path.len() == 2 && self.drawn(one).is_some())
        };
        let is_name = |one: &Placed| one.path == ["id"];
        let is_first = |one: &Placed| one.path.len() == 1 && SHOWN_FIRST.contains(&one.field.name);
        let section = |title: Sentence, fields: Vec<&Placed>| {
            html! {
                @if !fields.is_empty() {
                    fieldset.part {
                        legend { (self.say(title)) }
                        @for one in fields { (self.field(one)) }
                    }
                }
            }
        };
        let (mut place, mut condition, mut first, mut more) = (vec![], vec![], vec![], vec![]);
        for one in &all {
            if is_place(one) {
                place.push(one);
            } else if one.path.len() == 2 {
                condition.push(one);
            } else if is_first(one) {
                first.push(one);
            } else if !is_name(one) {
                more.push(one);
            }
        }
        let is_open = more.iter().any(|one| self.fault(&one.key()).is_some());
        html! {
            (self.summary(&all))
            @for one in all.iter().filter(|one| self.is_new && is_name(one)) { (self.field(one)) }
            (section(say::place(), place))
            (section(say::condition(), condition))
            (section(say::telling(), first))
            details #more open[is_open] {
                summary { (self.say(say::more())) }
                @for one in more { (self.field(one)) }
            }
        }
    }

    /// What is wrong, with the way to each field.
    fn summary(&self, all: &[Placed]) -> Markup {
        let is_field = |fault: &FieldFault| all.iter().any(|one| one.key() == fault.key);
        html! {
            @if !self.faults.is_empty() {
                div.fault role="alert" {
                    p { (self.say(say::faults(self.faults.len()))) }
                    ul {
                        @for fault in self.faults {
                            li {
                                @if is_field(fault) {
                                    a href={ "#" (html_id(&fault.key)) } { (marked(&fault.what)) }
                                } @else {
                                    (marked(&fault.what))
                                    @if let Some(hint) = &fault.hint { (colon(self.shell.language)) (marked(hint)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn fault(&self, key: &str) -> Option<&FieldFault> {
        self.faults.iter().find(|fault| fault.key == key)
    }

    /// What stands in a field of one value.
    fn text(&self, one: &Placed) -> String {
        match &self.filled {
            Filled::Posted(fields) => fields.exact(&one.key()).to_owned(),
            Filled::Fresh { name, .. } if one.path == ["id"] => name.clone(),
            Filled::Fresh { .. } => self.only_place(one),
            Filled::Typed(rule) => match (rule.value(&one.path), &one.field.takes) {
                (Some(Value::Bool(yes)), _) => yes.to_string(),
                (Some(value), _) => shown(value, Language::English),
                (None, _) => String::new(),
            },
        }
    }

    /// The values of a list, whether they are offered or not.
    fn list(&self, one: &Placed) -> Vec<String> {
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        match &self.filled {
            Filled::Posted(fields) => owned(fields.ticked(&one.key())),
            Filled::Typed(rule) => owned(texts(rule.value(&one.path).or_else(|| one.field.usual()))),
            Filled::Fresh { .. } if one.path == ["cameras"] => {
                self.first_camera().map(|camera| camera.id.to_string()).into_iter().collect()
            }
            // Whatever must be named begins with what makes sense.
            Filled::Fresh { .. } => {
                let example = one.field.example().filter(|_| one.field.is_required);
                owned(texts(one.field.usual().or(example)))
            }
        }
    }

    /// The camera that a new rule begins with: the one that somebody comes from, else the only one.
    fn first_camera(&self) -> Option<&Camera> {
        let Filled::Fresh { camera, .. } = &self.filled else { return None };
        match (camera, &self.config.cameras[..]) {
            (Some(id), _) => self.config.camera(id),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }

    /// The place that a new rule begins with: the only one at its camera, where it needs one.
    fn only_place(&self, one: &Placed) -> String {
        let camera = self.first_camera().filter(|_| one.field.is_required);
        match camera.and_then(|camera| drawn_at(camera, one)).as_deref() {
            Some([only]) => only.clone(),
            Some(_) | None => String::new(),
        }
    }

    fn field(&self, one: &Placed) -> Markup {
        match &one.field.takes {
            Takes::Names => self.names(one),
            Takes::Word(words) => {
                let name = |word: &str| self.word(one, word);
                self.select(
                    one,
                    &words.iter().map(|word| ((*word).to_owned(), name(word))).collect::<Vec<_>>(),
                )
            }
            Takes::YesOrNo => {
                let both = [("true", say::yes()), ("false", say::no())];
                self.select(one, &both.map(|(value, name)| (value.to_owned(), self.say(name))))
            }
            Takes::Text => match self.drawn(one) {
                Some(drawn) => self.drawn_field(one, &drawn),
                None => self.input(one, "text"),
            },
            Takes::Whole => self.input(one, "numeric"),
            Takes::Number => self.input(one, "decimal"),
        }
    }

    fn word(&self, one: &Placed, word: &str) -> String {
        word_of(one.field.name, word)
            .map_or_else(|| word.to_owned(), |sentence| sentence.in_language(self.shell.language))
    }

    /// What a field is called: the first words that are said of it, and its name in the file.
    fn title(&self, one: &Placed) -> Markup {
        let (title, _) = parted(one.field.about(self.shell.language));
        html! {
            (marked(title)) " " code.quiet { (one.field.name) }
            @if one.field.is_required && one.path != ["id"] { " " span.quiet { "· " (self.say(say::needed())) } }
        }
    }

    /// The rest of what is said, with limits and what counts without it.
    fn about(&self, one: &Placed) -> Markup {
        let language = self.shell.language;
        let (_, rest) = parted(one.field.about(language));
        let rest = begun_large(rest);
        let range = one.field.range().map(|range| match unit(one.field.name) {
            Some(unit) => say::range_in(range, unit),
            None => say::range(range),
        });
        let usual =
            one.field.usual().map(|usual| say::if_empty(value_in_words(one.field.name, usual, language)));
        let example =
            one.field.example().filter(|_| one.field.usual().is_none() && one.field.takes != Takes::Names);
        let example = example.map(|example| say::such_as(shown(example, language)));
        let name = (one.path == ["id"]).then(say::about_name);
        html! {
            p.hint id={ (html_id(&one.key())) "-about" } {
                (marked(&rest))
                @for sentence in [name, range, usual, example].into_iter().flatten() { " " (begun_large(&self.say(sentence))) }
            }
            @if let Some(fault) = self.fault(&one.key()) {
                div.fault id={ (html_id(&one.key())) "-fault" } {
                    p { (marked(&fault.what)) }
                    @if let Some(hint) = &fault.hint { p.hint { (marked(hint)) } }
                }
            }
        }
    }

    fn described_by(&self, one: &Placed) -> String {
        let id = html_id(&one.key());
        match self.fault(&one.key()) {
            Some(_) => format!("{id}-fault {id}-about"),
            None => format!("{id}-about"),
        }
    }

    fn is_wrong(&self, one: &Placed) -> Option<&'static str> {
        self.fault(&one.key()).map(|_| "true")
    }

    fn input(&self, one: &Placed, mode: &str) -> Markup {
        let (key, text) = (one.key(), self.text(one));
        let id = html_id(&key);
        html! {
            div.field {
                label for=(id) { (self.title(one)) }
                input id=(id) name=(key) value=(text) inputmode=(mode) autocomplete="off" autocapitalize="none" spellcheck="false"
                    aria-describedby=(self.described_by(one)) aria-invalid=[self.is_wrong(one)];
                (self.about(one))
            }
        }
    }

    /// One of these: the value, and what it is called. What stands there and is none of them stays.
    fn select(&self, one: &Placed, choices: &[(String, String)]) -> Markup {
        let (key, text) = (one.key(), self.text(one));
        let id = html_id(&key);
        let usual = one.field.usual().map(|usual| value_in_words(one.field.name, usual, self.shell.language));
        let none = match (one.field.is_required, usual) {
            (true, _) => say::choose(),
            (false, Some(usual)) => say::as_usual_is(usual),
            (false, None) if one.path == ["eye"] => say::choose(),
            (false, None) => say::as_usual(),
        };
        let is_other = !text.is_empty() && choices.iter().all(|(value, _)| *value != text);
        html! {
            div.field {
                label for=(id) { (self.title(one)) }
                select id=(id) name=(key) autocomplete="off" aria-describedby=(self.described_by(one)) aria-invalid=[self.is_wrong(one)] {
                    option value="" { (self.say(none)) }
                    @for (value, name) in choices {
                        option value=(value) selected[*value == text] { (name) }
                    }
                    @if is_other { option value=(text) selected { (text) } }
                }
                (self.about(one))
            }
        }
    }

    fn names(&self, one: &Placed) -> Markup {
        let (key, listed) = (one.key(), self.list(one));
        let offered = self.offered(one, &listed);
        let others: String = match &self.filled {
            Filled::Posted(fields) => fields.exact(&key).to_owned(),
            Filled::Typed(_) | Filled::Fresh { .. } => {
                let is_offered = |name: &String| offered.iter().any(|(value, _)| value == name);
                listed.iter().filter(|name| !is_offered(name)).cloned().collect::<Vec<_>>().join(", ")
            }
        };
        let id = html_id(&key);
        html! {
            fieldset.field aria-describedby=(self.described_by(one)) {
                legend { (self.title(one)) }
                div.boxes {
                    @for (value, name) in &offered {
                        label.choice {
                            input type="checkbox" name={ (key) ":" (value) } value="on" checked[listed.contains(value)] autocomplete="off";
                            span { (name) @if name != value { " " code.quiet { (value) } } }
                        }
                    }
                }
                label.others for=(id) { (self.say(say::others())) }
                input id=(id) name=(key) value=(others) autocomplete="off" autocapitalize="none" spellcheck="false"
                    aria-describedby=(self.described_by(one)) aria-invalid=[self.is_wrong(one)];
                (self.about(one))
            }
        }
    }

    /// What gets a box: the value, and what it is called.
    fn offered(&self, one: &Placed, listed: &[String]) -> Vec<(String, String)> {
        if one.path == ["cameras"] {
            let cameras = &self.config.cameras;
            if cameras.len() > MOST_BOXES {
                return Vec::new();
            }
            let name = |name: &Option<String>, id: &str| name.clone().unwrap_or_else(|| id.to_owned());
            let each = cameras.iter().map(|one| (one.id.to_string(), name(&one.responsible.name, &one.id)));
            return each.chain([(EVERY_CAMERA.to_owned(), self.say(say::every_camera()))]).collect();
        }
        let street = Class::STREET.iter().map(|class| class.name()).filter(|_| one.field.name == "classes");
        let known = texts(one.field.usual()).into_iter().chain(texts(one.field.example()));
        let mut offered: Vec<(String, String)> = Vec::new();
        for name in street.chain(known).chain(listed.iter().map(String::as_str)) {
            if offered.iter().all(|(value, _)| value != name) {
                let shown = if one.field.name == "classes" { class_words(name) } else { name.into() };
                offered.push((name.to_owned(), shown.in_language(self.shell.language)));
            }
        }
        offered
    }

    /// The choices of a field that names a shape: each name, with the cameras that have it.
    fn drawn(&self, one: &Placed) -> Option<Vec<(String, Vec<String>)>> {
        let [_, "zone" | "line"] = one.path[..] else { return None };
        let mut all: Vec<(String, Vec<String>)> = Vec::new();
        for camera in &self.config.cameras {
            for name in drawn_at(camera, one).unwrap_or_default() {
                match all.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, cameras)) => cameras.push(camera.id.to_string()),
                    None => all.push((name, vec![camera.id.to_string()])),
                }
            }
        }
        all.sort();
        Some(all)
    }

    fn drawn_field(&self, one: &Placed, drawn: &[(String, Vec<String>)]) -> Markup {
        let named = |(name, cameras): &(String, Vec<String>)| {
            let shown = match cameras.len() {
                0..=MOST_NAMED => {
                    let cameras = cameras.iter().map(|id| id.as_str().into()).collect();
                    say::drawn_at(name.as_str(), Words::List(cameras, Joint::Row))
                }
                count => say::drawn_at_many(name.as_str(), count),
            };
            (name.clone(), self.say(shown))
        };
        let mut choices: Vec<(String, String)> = drawn.iter().map(named).collect();
        let text = self.text(one);
        if !text.is_empty() && choices.iter().all(|(name, _)| *name != text) {
            choices.push((text.clone(), self.say(say::not_drawn(text.as_str()))));
        }
        html! {
            (self.select(one, &choices))
            @if drawn.is_empty() {
                p.hint {
                    (self.say(say::nothing_drawn()))
                    @for camera in self.config.cameras.iter().take(MOST_BOXES) {
                        " " a href={ "/cameras/" (camera.id) "/shapes" } { (camera.id) }
                    }
                }
            }
        }
    }

    /// The values of a rule for whoever may not change them.
    pub(super) fn table(&self) -> Markup {
        let Filled::Typed(rule) = &self.filled else { return html! {} };
        let language = self.shell.language;
        let value = |one: &Placed| match (rule.value(&one.path), one.field.usual()) {
            (Some(value), _) => Some((value_in_words(one.field.name, value, language), false)),
            (None, Some(usual)) => Some((value_in_words(one.field.name, usual, language), true)),
            (None, None) => None,
        };
        html! {
            dl.wide {
                @for one in placed(self.kind).iter().filter(|one| one.path != ["id"]) {
                    @if let Some((value, is_usual)) = value(one) {
                        dt { (marked(parted(one.field.about(language)).0)) " " code.quiet { (one.field.name) } }
                        dd { (value) @if is_usual { " " span.quiet { (self.say(say::usual())) } } }
                    }
                }
            }
        }
    }
}

/// What is drawn at a camera of what a field names; `None`: it names nothing drawn.
fn drawn_at(camera: &Camera, one: &Placed) -> Option<Vec<String>> {
    match one.path[..] {
        [_, "zone"] => Some(camera.zones.keys().map(ToString::to_string).collect()),
        [_, "line"] => Some(camera.lines.keys().map(ToString::to_string).collect()),
        _ => None,
    }
}

pub(super) fn html_id(key: &str) -> String {
    // Some models name classes in two words, and a blank would part it.
    let safe = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '-' };
    format!("field-{}", key.chars().map(safe).collect::<String>())
}

/// The unit of a value, which its name ends in.
fn unit(name: &str) -> Option<Sentence> {
    match name.rsplit_once('_')?.1 {
        "secs" => Some(say::seconds()),
        "deg" => Some(say::degrees()),
        _ => None,
    }
}

/// The first words of a description, without the mark behind them, and the rest.
pub(super) fn parted(about: &str) -> (&str, &str) {
    let mut is_code = false;
    let mut chars = about.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let ends = match c {
            '`' => {
                is_code = !is_code;
                false
            }
            '。' | '；' | '：' => !is_code,
            '.' | ';' | ':' => !is_code && chars.peek().is_none_or(|(_, next)| *next == ' '),
            _ => false,
        };
        if ends {
            return (&about[..at], about[at + c.len_utf8()..].trim_start());
        }
    }
    (about, "")
}

/// As a sentence begins; a Chinese one may begin with a name, which stays as it is.
pub(super) fn begun_large(text: &str) -> String {
    if text.contains(is_han) {
        return text.to_owned();
    }
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A text in which code stands between backticks. A text that the file has in quotes is typed here without.
pub(super) fn marked(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (without_quotes(part)) } } @else { (part) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::rule_fields::{kind, kinds, sections_in};
    use serde_json::json;

    fn posted(fields: &[(&str, &str)]) -> Fields {
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Fields::read(text.as_bytes())
    }

    #[test]
    fn a_field_is_called_by_the_first_words_that_are_said_of_it() {
        assert_eq!(parted("For how many seconds."), ("For how many seconds", ""));
        assert_eq!(parted("Which way: `a: b` or `c`."), ("Which way", "`a: b` or `c`."));
        assert_eq!(parted("Over 0.5 m. More."), ("Over 0.5 m", "More."));
        assert_eq!(parted("区域；每路都要有。"), ("区域", "每路都要有。"));
        for kind in kinds() {
            for field in &kind.fields {
                for language in Language::ALL {
                    let (title, _) = parted(field.about(language));
                    assert!((2..=100).contains(&title.chars().count()), "{title}");
                    assert_eq!(title.matches('`').count() % 2, 0, "{title}");
                }
            }
        }
    }

    #[test]
    fn a_field_is_found_by_one_word() {
        assert_eq!(html_id("parked.for_secs"), "field-parked-for_secs");
        assert_eq!(html_id("thresholds.traffic light"), "field-thresholds-traffic-light");
    }

    #[test]
    fn only_what_is_different_is_a_change() {
        let text = "[[rule]]\nid = \"r\"\ncameras = [\"b\", \"a\"]\nhold_secs = 30\n\
                    parked = { zone = \"lane\", classes = [\"car\"], for_secs = 120 }\n";
        let rules = sections_in(text, "rule");
        let kind = kind("parked").unwrap();
        let same = [
            ("cameras:a", "on"),
            ("cameras:b", "on"),
            ("hold_secs", "30.0"),
            ("parked.zone", "lane"),
            ("parked.classes:car", "on"),
            ("parked.for_secs", "120"),
        ];
        let read = |fields: &[(&str, &str)]| {
            super::changes(Some(&kind), &posted(fields), Some(&rules[0]), Language::English)
        };
        assert_eq!(read(&same), (vec![], vec![]));
        let mut other = same.to_vec();
        other[2] = ("hold_secs", "");
        other[5] = ("parked.for_secs", "90");
        other.extend([("cameras", "lane/*"), ("level", "red"), ("schedule", "\"sat,sun\"")]);
        let (changes, faults) = read(&other);
        let changes: Vec<(String, Option<Value>)> =
            changes.into_iter().map(|(path, value)| (path.join("."), value)).collect();
        assert_eq!(faults, []);
        assert_eq!(
            changes,
            [
                ("cameras".to_owned(), Some(json!(["b", "a", "lane/*"]))),
                ("schedule".to_owned(), Some(json!("sat,sun"))),
                ("level".to_owned(), Some(json!("red"))),
                ("hold_secs".to_owned(), None),
                ("parked.for_secs".to_owned(), Some(json!(90.0))),
            ]
        );
        assert_eq!(toml(&json!(90.0)).to_string(), "90");
        assert_eq!(toml(&json!(0.5)).to_string(), "0.5");
        assert_eq!(toml(&json!(["a", "b"])).to_string(), "[\"a\", \"b\"]");
    }

    #[test]
    fn a_number_may_be_typed_in_full_width() {
        let kind = kind("parked").unwrap();
        let fields = posted(&[("parked.for_secs", "９０"), ("hold_secs", "２．５")]);
        let (changes, faults) = super::changes(Some(&kind), &fields, None, Language::Chinese);
        assert_eq!(faults, []);
        let value = |name: &str| changes.iter().find(|(path, _)| path.join(".") == name).cloned().unwrap().1;
        assert_eq!(value("parked.for_secs").and_then(|value| value.as_f64()), Some(90.0));
        assert_eq!(value("hold_secs").and_then(|value| value.as_f64()), Some(2.5));
    }

    #[test]
    fn a_list_that_is_as_usual_is_not_written() {
        let kind = kind("crowd").unwrap();
        let changes =
            |fields: &[(&str, &str)]| super::changes(Some(&kind), &posted(fields), None, Language::English).0;
        assert_eq!(changes(&[("crowd.classes:person", "on")]), []);
        assert_eq!(changes(&[("crowd.classes:car", "on")]).len(), 1);
    }

    #[test]
    fn what_is_no_number_is_said_at_its_field() {
        let kind = kind("crowd").unwrap();
        let fields = posted(&[("crowd.at_least", "8.5"), ("crowd.for_secs", "soon"), ("hold_secs", "inf")]);
        let (changes, faults) = super::changes(Some(&kind), &fields, None, Language::Chinese);
        assert_eq!(changes, []);
        let shown: Vec<(&str, &str)> =
            faults.iter().map(|fault| (fault.key.as_str(), fault.what.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("hold_secs", "`inf` 不是数值"),
                ("crowd.at_least", "`8.5` 不是整数"),
                ("crowd.for_secs", "`soon` 不是数值"),
            ]
        );
        assert_eq!(faults[1].hint.as_deref(), Some("整数，2 到 1000"));
    }
}
