//! The ratios as bars on a logarithmic scale, in a few lines of SVG. A tick marks what the row must reach.

use std::fmt::Write;

use super::markdown::number;
use super::{Comparison, Report, RowResult, Verdict};
use crate::rows::Figure;

const LABEL_WIDTH: f64 = 190.0;
const BAR_WIDTH: f64 = 470.0;
const WIDTH: f64 = LABEL_WIDTH + BAR_WIDTH + 100.0;
const TOP: f64 = 44.0;
const LINE: f64 = 26.0;
const BAR: f64 = 14.0;

const GOOD: &str = "#2a7f62";
const POOR: &str = "#b5542f";
const OPEN: &str = "#5b7a99";
const TEXT: &str = "#222";
const GRID: &str = "#ccc";

struct Bar<'a> {
    name: &'a str,
    figure: &'a Figure,
    ratio: f64,
    verdict: Verdict,
}

/// The first figure of every row that has a ratio; `None` where none has.
pub fn bars(report: &Report) -> Option<String> {
    let bars: Vec<Bar<'_>> = report.rows.iter().filter_map(bar).collect();
    let reference = report.reference.as_ref().filter(|_| !bars.is_empty())?;
    let goals = bars.iter().filter_map(|bar| bar.figure.must);
    let largest = bars.iter().map(|bar| bar.ratio).chain(goals).fold(10.0, f64::max);
    let smallest = bars.iter().map(|bar| bar.ratio).fold(1.0, f64::min);
    let scale = Scale { low: smallest.log10().floor(), high: largest.log10().ceil() };
    let height = TOP + LINE * bars.len() as f64 + 16.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\" fill=\"{TEXT}\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let title = format!("How many times better than {reference} is {}?", report.subject);
    put(&mut svg, format_args!("<text x=\"10\" y=\"18\" font-size=\"14\">{}</text>\n", escaped(&title)));
    grid(&mut svg, &scale, height);
    for (index, bar) in bars.iter().enumerate() {
        draw(&mut svg, bar, TOP + LINE * index as f64, &scale);
    }
    svg.push_str("</svg>\n");
    Some(svg)
}

fn bar(RowResult { row, rounds }: &RowResult) -> Option<Bar<'static>> {
    let figure = row.figures.first()?;
    let comparison = Comparison::of(figure, rounds);
    Some(Bar { name: row.name, figure, ratio: comparison.claimed()?, verdict: comparison.verdict })
}

/// Powers of ten between which the bars lie.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn x(&self, ratio: f64) -> f64 {
        LABEL_WIDTH + BAR_WIDTH * (ratio.log10() - self.low) / (self.high - self.low)
    }
}

fn grid(svg: &mut String, scale: &Scale, height: f64) {
    for power in scale.low as i32..=scale.high as i32 {
        let ratio = 10f64.powi(power);
        let x = scale.x(ratio);
        let bottom = height - 10.0;
        let label = if power < 0 { format!("1/{}", 10f64.powi(-power)) } else { format!("{ratio}x") };
        put(
            svg,
            format_args!(
                "<line x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\" stroke=\"{GRID}\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#777\">{label}</text>\n",
                TOP - 4.0,
                TOP - 8.0,
            ),
        );
    }
}

fn draw(svg: &mut String, bar: &Bar<'_>, top: f64, scale: &Scale) {
    let (one, end) = (scale.x(1.0), scale.x(bar.ratio));
    let colour = match bar.verdict {
        Verdict::Pass => GOOD,
        Verdict::Below | Verdict::Failed => POOR,
        Verdict::Open => OPEN,
    };
    let (left, width) = (one.min(end), (end - one).abs().max(1.0));
    let baseline = top + BAR - 2.0;
    let name = escaped(&format!("{}, {}", bar.name, bar.figure.name));
    put(
        svg,
        format_args!(
            "<text x=\"{:.1}\" y=\"{baseline:.1}\" text-anchor=\"end\">{name}</text>\
             <rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{BAR}\" fill=\"{colour}\"/>\
             <text x=\"{:.1}\" y=\"{baseline:.1}\">{}x</text>\n",
            LABEL_WIDTH - 8.0,
            one.max(end) + 6.0,
            number(bar.ratio),
        ),
    );
    if let Some(must) = bar.figure.must {
        let x = scale.x(must);
        put(
            svg,
            format_args!(
                "<line x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\" stroke=\"{TEXT}\" stroke-width=\"2\"/>\n",
                top - 3.0,
                top + BAR + 3.0,
            ),
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn put(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = text.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leg::Measurement;
    use crate::report::Round;
    use crate::rows::ROWS;

    fn report(reference: Option<u64>, subject: u64) -> Report {
        let leg = |bytes| Ok(Measurement { seconds: 1.0, bytes, ..Measurement::default() });
        let round = Round { reference: reference.map(leg), subject: leg(subject) };
        Report {
            reference: reference.map(|_| "Kafka".to_owned()),
            subject: "Vltava".to_owned(),
            facts: Vec::new(),
            warnings: Vec::new(),
            rows: vec![RowResult { row: &ROWS[0], rounds: vec![round] }],
        }
    }

    #[test]
    fn bar_ends_where_its_ratio_lies_on_the_scale() {
        let svg = bars(&report(Some(1_000_000), 10_000_000)).unwrap();
        // From 1 to 10 the scale is as wide as the plot: a ratio of ten fills it.
        assert!(svg.contains(&format!("width=\"{BAR_WIDTH:.1}\"")), "{svg}");
        assert!(svg.contains(">10.0x</text>") && svg.contains(GOOD), "{svg}");
        let slower = bars(&report(Some(10_000_000), 1_000_000)).unwrap();
        assert!(slower.contains("0.100x") && slower.contains(POOR) && slower.contains(">1/10<"), "{slower}");
    }

    #[test]
    fn nothing_is_drawn_without_a_reference() {
        assert!(bars(&report(None, 1_000_000)).is_none());
    }
}
