//! The events of an input, and what writes events, for those who put something of their own between.

use std::io::{Read, Write};

use super::encoded::Encoded;
use super::event::Sink as Events;
use super::flat::{Beginning, Rows, ToFlat, from_flat};
use super::from_edifact::FromEdifact;
use super::json::ToJson;
use super::xml::ToXml;
use super::{Converter, Format, SIGHT, Totals};
use crate::charset::Charset;
use crate::edifact::{Reader, transcode};
use crate::finding::tally::Tally;
use crate::finding::{Sink, Syntax};
use crate::flat::Reading;
use crate::{Error, Result};

impl Converter {
    /// Tells `out` what an input holds. Names of XML are told without their prefixes.
    pub(crate) fn feed<S: Events>(
        &self,
        mut input: impl Read,
        from: Syntax,
        out: &mut S,
        sink: &mut dyn Sink,
    ) -> Result<Totals> {
        let told = |error| Error::io("input", error);
        match from {
            Syntax::Edifact => {
                let mut start = Vec::new();
                let sight = input.by_ref().take(transcode::SIGHT as u64);
                { sight }.read_to_end(&mut start).map_err(told)?;
                let usual = Self::usual("UNOC")?;
                let mut run = |of: &Self, reader: Reader<'_>, sink: &mut dyn Sink| {
                    let mut definitions = of.definitions();
                    let tally = Tally::new(sink, of.options.most_findings, from);
                    FromEdifact::new(reader, &mut definitions, out, tally, &of.options, usual).run()
                };
                if let Some(coding) = self.transcoded(&start) {
                    input.read_to_end(&mut start).map_err(told)?;
                    return self.as_utf8(&start, coding, sink, run);
                }
                let reader = Reader::from_read(start.as_slice().chain(input), self.options.reading);
                run(self, reader, sink)
            }
            Syntax::Flat => {
                let mut start = Vec::new();
                let sight = input.by_ref().take(SIGHT);
                { sight }.read_to_end(&mut start).map_err(told)?;
                let (layout, charset) = (self.options.layout.as_deref(), self.options.charset);
                let mut reading = Reading::of(&start, &self.specs, layout, charset)?;
                reading.options.longest_record = self.options.reading.longest_segment;
                let beginning = Beginning {
                    separators: reading.options.separators,
                    charset: reading.charset,
                    rows: Rows::of(&self.specs, &reading.message)?,
                    message: reading.message,
                    line_break: "\n",
                    mark: false,
                };
                let input = start.as_slice().chain(input);
                let reader = crate::flat::Reader::from_read(input, reading.options);
                let tally = Tally::new(sink, self.options.most_findings, from);
                from_flat(reader, &beginning, out, tally)
            }
            Syntax::Xml => self.xml(input, out, true, sink),
            Syntax::Json => self.json(input, out, sink),
        }
    }

    /// What writes events in a format to `out`, in the character set of the options where there is one;
    /// XML is laid out with an element a line.
    ///
    /// # Errors
    /// Where the format is not written in that character set.
    pub(crate) fn writer<'w>(
        &self,
        format: Format,
        out: impl Write + 'w,
    ) -> Result<Box<dyn Events + 'w>> {
        Ok(match format {
            Format::Edifact => Box::new(self.to_edifact(out)?),
            Format::Xml => match self.options.charset.map(Charset::encoding) {
                None => Box::new(ToXml::new(out).laid_out()),
                Some(encoding) if encoding.output_encoding() != encoding => {
                    let message = format!("XML is not written in {}", encoding.name());
                    return Err(Error::misuse(message));
                }
                Some(encoding) => {
                    let out = Encoded::new(out, encoding);
                    Box::new(ToXml::declaring(out, encoding.name()).laid_out())
                }
            },
            Format::Flat => Box::new(ToFlat::new(
                out,
                self.options.charset,
                Self::usual("gb18030")?,
            )),
            Format::Json | Format::JsonLines => {
                let encoding = self.options.charset.map(Charset::encoding);
                if encoding.is_some_and(|encoding| encoding != encoding_rs::UTF_8) {
                    return Err(Error::misuse("JSON is written in UTF-8"));
                }
                Box::new(ToJson::new(out, format == Format::JsonLines))
            }
        })
    }
}
