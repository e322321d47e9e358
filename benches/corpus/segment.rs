//! Bytes of a segment: separators are written only when a value follows them.

/// Writes segments with the usual service characters.
#[derive(Debug, Default)]
pub struct Writer {
    /// What was written.
    pub bytes: Vec<u8>,
    /// Written behind every segment.
    pub line_break: &'static str,
    /// Segments begun.
    pub segments: u64,
    elements: usize,
    components: usize,
}

impl Writer {
    /// Begins a segment.
    pub fn tag(&mut self, tag: &str) {
        self.bytes.extend_from_slice(tag.as_bytes());
        self.segments += 1;
        (self.elements, self.components) = (0, 0);
    }

    /// Goes on to the next element.
    pub fn element(&mut self) {
        self.elements += 1;
        self.components = 0;
    }

    /// Goes on to the next component.
    pub fn component(&mut self) {
        self.components += 1;
    }

    /// Writes a value where the last calls went to; service characters in it are released.
    pub fn value(&mut self, value: &str) {
        if value.is_empty() {
            return;
        }
        self.bytes.extend(std::iter::repeat_n(
            b'+',
            std::mem::take(&mut self.elements),
        ));
        self.bytes.extend(std::iter::repeat_n(
            b':',
            std::mem::take(&mut self.components),
        ));
        for byte in value.bytes() {
            if matches!(byte, b'\'' | b'+' | b':' | b'?') {
                self.bytes.push(b'?');
            }
            self.bytes.push(byte);
        }
    }

    /// Ends the segment.
    pub fn end(&mut self) {
        self.bytes.push(b'\'');
        self.bytes.extend_from_slice(self.line_break.as_bytes());
    }

    /// A whole segment: elements separated by `+`, components by `:`; nothing is released.
    pub fn raw(&mut self, segment: std::fmt::Arguments<'_>) {
        use std::io::Write as _;
        self.segments += 1;
        let _ = self.bytes.write_fmt(segment);
        self.end();
    }
}
