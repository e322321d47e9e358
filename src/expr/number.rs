//! Exact decimals.

use std::fmt;

use rust_decimal::Decimal;

/// An exact decimal: up to 28 significant digits, at most 28 of them after the point.
///
/// An operation whose exact result does not fit is an overflow; nothing is rounded unless a rounding is
/// named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Number(pub(super) Decimal);

impl Number {
    /// Reads a decimal as messages write it: digits, at most one point, a sign before it; a comma is
    /// taken for a point. `None` where the text is anything else or has too many digits.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (negative, digits) = match bytes.split_first()? {
            (b'-', rest) => (true, rest),
            (b'+', rest) => (false, rest),
            _ => (false, bytes),
        };
        let (mut value, mut scale, mut point, mut any) = (0u128, 0u32, false, false);
        for &byte in digits {
            match byte {
                b'0'..=b'9' => {
                    value = value
                        .checked_mul(10)?
                        .checked_add(u128::from(byte - b'0'))?;
                    scale += u32::from(point);
                    any = true;
                }
                b'.' | b',' if !point => point = true,
                _ => return None,
            }
        }
        if !any {
            return None;
        }
        // Zeros at the end may make it too long.
        while scale > 28 && value % 10 == 0 {
            value /= 10;
            scale -= 1;
        }
        let value = i128::try_from(value).ok()?;
        let value = if negative { -value } else { value };
        Decimal::try_from_i128_with_scale(value, scale)
            .ok()
            .map(Self)
    }

    /// A whole number.
    #[must_use]
    pub fn from_int(value: i64) -> Self {
        Self(Decimal::from(value))
    }

    /// Its value where it is whole and fits.
    #[must_use]
    pub fn to_int(self) -> Option<i64> {
        use rust_decimal::prelude::ToPrimitive;
        self.0.fract().is_zero().then(|| self.0.to_i64()).flatten()
    }

    /// Digits after the point, as it is written.
    #[must_use]
    pub fn places(self) -> u32 {
        self.0.scale()
    }

    /// Without zeros at the end of its fraction.
    #[must_use]
    pub fn normal(self) -> Self {
        Self(self.0.normalize())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::from_int(value)
    }
}

impl Number {
    /// The sum; `None` where it cannot be held exactly.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}
