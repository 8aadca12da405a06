//! For a terminal: what was judged, rule by rule, then a table for each curve; of a budget what came of the search, and the
//! difference of the file.

use super::{Found, Point, Tuned, Tuning, cells, heads};
use crate::comparison::shown_note;
use crate::text::{Words, tune as say};
use crate::tune::Curve;
use crate::types::language::Language;

/// The longest bar, in letters.
const BAR: usize = 20;

impl Tuning {
    /// As text, with a line break at the end.
    pub(crate) fn text(&self, language: Language) -> String {
        let mut lines = vec![self.heading().in_language(language)];
        lines.extend(self.notes.iter().flat_map(|note| shown_note(note, language)));
        if self.tuned.is_empty() {
            lines.push(say::told_nothing().in_language(language));
        } else {
            lines.extend([String::new(), say::by_rule().in_language(language)]);
        }
        for (rule, precision) in &self.rules {
            let what = say::of_what(format!("`{rule}`"), precision.counts());
            lines.push(format!("  {}", what.in_language(language)));
            lines.push(format!("    {}", precision.sentence().in_language(language)));
        }
        lines.extend(self.silence().map(|silence| silence.in_language(language)));
        if !self.tuned.is_empty() {
            lines.extend([String::new(), say::about_curves().in_language(language)]);
        }
        for tuned in &self.tuned {
            lines.push(String::new());
            lines.extend(tuned.lines(language));
        }
        lines.join("\n") + "\n"
    }
}

impl Tuned {
    fn lines(&self, language: Language) -> Vec<String> {
        let what = say::of_what(self.subject.title(), self.precision.counts());
        let mut lines = vec![what.in_language(language)];
        lines.push(format!("  {}", self.precision.sentence().in_language(language)));
        for curve in &self.curves {
            lines.push(format!("  {}", curve.parameter.sentence().in_language(language)));
            lines.extend(table(curve, language).into_iter().map(|line| format!("    {line}")));
        }
        lines.extend(self.advice().map(|advice| format!("  {}", advice.in_language(language))));
        lines
    }
}

/// The table of a curve: the value, a bar as long as what is told, and the numbers.
fn table(curve: &Curve, language: Language) -> Vec<String> {
    let most = curve.points.iter().map(|point| point.told).max().unwrap_or(0).max(1);
    let is_by_day = curve.points.iter().any(|point| point.per_day.is_some());
    let said = |words: Words| words.in_language(language);
    let mut head = vec![String::new(), said(say::head_value().into()), String::new()];
    head.extend(heads(is_by_day).map(|sentence| said(sentence.into())));
    let mut rows = vec![head];
    for point in &curve.points {
        let mark = if point.value == curve.in_force { "*" } else { "" };
        let mut row = vec![mark.to_owned(), said(curve.parameter.shown(point.value)), bar(point, most)];
        row.extend(cells(point).map(said));
        rows.push(row);
    }
    aligned(&rows)
}

fn bar(point: &Point, most: u64) -> String {
    // What is told at all has a bar.
    let letters = (point.told as f64 / most as f64 * BAR as f64).ceil();
    "#".repeat(letters as usize)
}

/// Columns under one another; numbers to the right.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width_of = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| columns_of(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width_of).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            let room = " ".repeat(width - columns_of(cell));
            if column == 2 { format!("{cell}{room}") } else { format!("{room}{cell}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// Columns of a terminal: Chinese characters and their punctuation take two.
fn columns_of(text: &str) -> usize {
    let is_wide = |c: char| matches!(c, '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}');
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

impl Found {
    /// As text, with a line break at the end; `file` is what the changed configuration is called where it stands in a file.
    pub(crate) fn text(&self, language: Language, file: Option<&str>) -> String {
        let mut lines = vec![self.heading().in_language(language)];
        lines.extend(self.notes.iter().flat_map(|note| shown_note(note, language)));
        lines.push(String::new());
        lines.extend(self.outcome().iter().map(|sentence| sentence.in_language(language)));
        if self.turned.is_empty() {
            return lines.join("\n") + "\n";
        }
        lines.extend(
            self.turned.iter().map(|turned| format!("  {}", turned.sentence().in_language(language))),
        );
        lines.extend([String::new(), self.patch.trim_end().to_owned(), String::new()]);
        if file.is_none() {
            lines.push(say::how_to_write().in_language(language));
        }
        lines.push(say::how_to_try(file.unwrap_or("FILE")).in_language(language));
        lines.join("\n") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_one_another_in_both_scripts() {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let rows = [row(["", "取值", "", "误报"]), row(["*", "0.30", "##", "1/12"])];
        assert_eq!(aligned(&rows), ["   取值      误报", "*  0.30  ##  1/12"]);
    }
}
