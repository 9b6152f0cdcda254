//! The report as a page of Markdown: facts, one table, what the rows mean, warnings and failed legs.

use std::fmt::Write;

use super::{Comparison, Report, RowResult, Spread, Verdict};
use crate::failure::Failure;
use crate::leg::Measurement;
use crate::rows::{Figure, ROWS, Row};

/// The whole page; `plot` is the file name of the plot beside it.
pub fn page(report: &Report, plot: Option<&str>) -> String {
    let mut page = String::from("# Benchmarks\n\n");
    for fact in &report.facts {
        put(&mut page, format_args!("- {fact}\n"));
    }
    page.push('\n');
    page.push_str(HOW_TO_READ);
    if let Some(plot) = plot {
        put(&mut page, format_args!("\n![How many times better]({plot})\n"));
    }
    page.push('\n');
    page.push_str(&table(report));
    page.push_str("\n## What each row does\n\n");
    for RowResult { row, .. } in &report.rows {
        put(&mut page, format_args!("- **{}**: {}.\n", row.name, row.what));
    }
    section(&mut page, "Failed legs", &failures(report));
    section(&mut page, "Warnings", &report.warnings);
    page
}

const HOW_TO_READ: &str = "\
Each figure is a median over the rounds, lowest and highest in brackets. A ratio says how many times better the second program \
is, whichever way is better: the ratio of the medians, then the median of the ratios of neighbouring legs. The verdict takes the \
smaller one. Ratios count, absolute figures belong to this machine. Every record of every leg was read back and checked: count, \
checksum, dense offsets. `bench/README.md` has the method.\n";

/// Every row, what it does, and what it must reach.
pub fn row_list() -> String {
    let mut list = String::new();
    for row in ROWS {
        put(&mut list, format_args!("{}\n    {}\n", row.name, row.what));
        for Figure { name, unit, must, .. } in row.figures {
            let goal =
                must.map_or_else(String::new, |must| format!(", must be {} times better than Kafka", number(must)));
            put(&mut list, format_args!("    {name} in {unit}{goal}\n"));
        }
    }
    list
}

/// What a leg found, in one line.
pub fn figures(row: &Row, measurement: &Measurement) -> String {
    let figure = |figure: &Figure| format!("{} {} {}", figure.name, number((figure.of)(measurement)), figure.unit);
    row.figures.iter().map(figure).collect::<Vec<_>>().join(", ")
}

fn table(report: &Report) -> String {
    let reference = report.reference.as_deref().unwrap_or("–");
    let subject = &report.subject;
    let mut table = format!(
        "| row | figure | {reference} | {subject} | ratio of medians | median ratio | must | verdict |\n\
         |---|---|--:|--:|--:|--:|--:|---|\n"
    );
    for RowResult { row, rounds } in &report.rows {
        for figure in row.figures {
            let comparison = Comparison::of(figure, rounds);
            put(
                &mut table,
                format_args!(
                    "| {} | {}, {} | {} | {} | {} | {} | {} | {} |\n",
                    row.name,
                    figure.name,
                    figure.unit,
                    spread(comparison.reference),
                    spread(comparison.subject),
                    ratio(comparison.ratio_of_medians),
                    ratio(comparison.median_ratio),
                    ratio(figure.must),
                    verdict(comparison.verdict),
                ),
            );
        }
    }
    table
}

fn failures(report: &Report) -> Vec<String> {
    let mut failures = Vec::new();
    for RowResult { row, rounds } in &report.rows {
        for (index, round) in rounds.iter().enumerate() {
            let mut note = |who: &str, outcome: &Result<Measurement, Failure>| {
                if let Err(failure) = outcome {
                    failures.push(format!("{}, round {}, {who}: {failure}", row.name, index + 1));
                }
            };
            if let (Some(label), Some(outcome)) = (&report.reference, &round.reference) {
                note(label, outcome);
            }
            note(&report.subject, &round.subject);
        }
    }
    failures
}

fn section(page: &mut String, title: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    put(page, format_args!("\n## {title}\n\n"));
    for item in items {
        put(page, format_args!("- {item}\n"));
    }
}

fn spread(spread: Option<Spread>) -> String {
    spread.map_or_else(
        || "–".to_owned(),
        |Spread { median, lowest, highest }| format!("{} ({}–{})", number(median), number(lowest), number(highest)),
    )
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{}x", number(ratio)))
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Open => "–",
        Verdict::Pass => "PASS",
        Verdict::Below => "below",
        Verdict::Failed => "FAILED",
    }
}

/// Three digits that matter, thousands separated.
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 99.95 => grouped(value.round()),
        size if size >= 9.995 => format!("{value:.1}"),
        size if size >= 0.9995 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn put(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = text.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Round;

    #[test]
    fn numbers_keep_three_digits() {
        let texts = [1_234_567.0, 100.0, 99.94, 12.345, 1.0, 0.0512].map(number);
        assert_eq!(texts, ["1,234,567", "100", "99.9", "12.3", "1.00", "0.051"]);
    }

    #[test]
    fn failed_leg_is_named_and_not_judged() {
        let good = || Ok(Measurement { seconds: 1.0, bytes: 1_000_000, ..Measurement::default() });
        let report = Report {
            reference: Some("Kafka".to_owned()),
            subject: "Vltava".to_owned(),
            facts: vec!["Machine: small.".to_owned()],
            warnings: Vec::new(),
            rows: vec![RowResult {
                row: &ROWS[0],
                rounds: vec![
                    Round { reference: Some(good()), subject: good() },
                    Round { reference: Some(good()), subject: Err(Failure::new("a batch is corrupt")) },
                ],
            }],
        };
        let page = page(&report, Some("plot.svg"));
        assert!(page.contains("- produce-1mb, round 2, Vltava: a batch is corrupt\n"), "{page}");
        assert!(page.contains("| produce-1mb | throughput, MB/s | 1.00 (1.00–1.00) |"), "{page}");
        assert!(page.contains("| FAILED |") && !page.contains("PASS"), "{page}");
        assert!(page.contains("(plot.svg)") && !page.contains("## Warnings"), "{page}");
    }

    #[test]
    fn list_names_every_row_and_its_goal() {
        let list = row_list();
        assert!(ROWS.iter().all(|row| list.contains(row.name)));
        assert!(list.contains("throughput in requests/s, must be 10.0 times better than Kafka"));
    }
}
