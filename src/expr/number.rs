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

    /// Reads a decimal with an exponent, as an expression may write it: `1.5e3`.
    pub(super) fn read_scientific(text: &str) -> Option<Self> {
        let Some((digits, exponent)) = text.split_once(['e', 'E']) else {
            return Self::read(text);
        };
        let number = Self::read(digits)?;
        let exponent: i64 = exponent.parse().ok()?;
        let scale = i64::from(number.0.scale()) - exponent;
        let mut mantissa = number.0.mantissa();
        for _ in scale..0 {
            mantissa = mantissa.checked_mul(10).filter(|_| exponent < 40)?;
        }
        let scale = u32::try_from(scale.max(0)).ok()?;
        Decimal::try_from_i128_with_scale(mantissa, scale)
            .ok()
            .map(Self)
    }

    /// The exact sum, where it fits.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let sum = self.0.checked_add(other.0)?;
        // A sum that does not fit is rounded to fewer places.
        let places = self.0.scale().max(other.0.scale());
        if sum.scale() >= places || self.0.is_zero() || other.0.is_zero() {
            return Some(Self(sum));
        }
        let (a, b) = (self.0.normalize(), other.0.normalize());
        let sum = a.checked_add(b)?;
        (sum.scale() >= a.scale().max(b.scale())
            || sum.checked_sub(a)? == b && sum.checked_sub(b)? == a)
            .then_some(Self(sum))
    }

    /// The exact product, where it fits.
    pub(super) fn times(self, other: Self) -> Option<Self> {
        if self.0.is_zero() || other.0.is_zero() {
            return Some(Self(Decimal::ZERO));
        }
        let exact = |a: Decimal, b: Decimal| {
            let places = a.scale() + b.scale();
            let product = a.checked_mul(b)?;
            (places <= 28 && product.scale() == places).then_some(Self(product))
        };
        exact(self.0, other.0).or_else(|| exact(self.0.normalize(), other.0.normalize()))
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
