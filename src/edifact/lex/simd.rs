//! The SIMD lexers: 64 bytes at a time. A block in which a line break follows a release character
//! is left to the scalar lexer.
#![allow(unsafe_code)]

use super::{Bits, Index, Lexer, Usual, scalar};

/// The instruction sets a lexer is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "each exists on some architectures only")]
pub(in super::super) enum Engine {
    Scalar,
    Avx2,
    Avx512,
    Neon,
}

impl Engine {
    /// The best that this machine has.
    #[inline]
    pub(super) fn detect() -> Self {
        static BEST: std::sync::OnceLock<Engine> = std::sync::OnceLock::new();
        *BEST.get_or_init(|| Self::available().pop().unwrap_or(Self::Scalar))
    }

    /// All that this machine has, the best last.
    pub(in super::super) fn available() -> Vec<Self> {
        #[allow(unused_mut)]
        let mut engines = vec![Self::Scalar];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("popcnt")
                && is_x86_feature_detected!("lzcnt")
            {
                engines.push(Self::Avx2);
            }
            if engines.contains(&Self::Avx2)
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vbmi2")
            {
                engines.push(Self::Avx512);
            }
        }
        #[cfg(target_arch = "aarch64")]
        engines.push(Self::Neon);
        engines
    }
}

/// Something to do in code that is compiled for what this machine has.
pub(crate) trait Work {
    type Result;

    /// Does it; to be inlined always, as only what is inlined is compiled so.
    fn run(self) -> Self::Result;
}

/// A closure that is to be inlined always.
impl<R, F: FnOnce() -> R> Work for F {
    type Result = R;

    #[inline(always)]
    fn run(self) -> R {
        self()
    }
}

/// Does `work` in code that is compiled for what this machine has.
#[inline]
pub(crate) fn on_this_machine<W: Work>(work: W) -> W::Result {
    match Engine::detect() {
        // SAFETY: an engine is chosen only where its instructions were detected.
        #[cfg(target_arch = "x86_64")]
        Engine::Avx2 | Engine::Avx512 => unsafe { x86::run(work) },
        _ => work.run(),
    }
}

/// Bytes in a block.
const BLOCK: usize = 64;

/// What a block holds, a bit for each byte.
struct Masks {
    separators: u64,
    /// Those that separate components.
    components: u64,
    terminators: u64,
    releases: u64,
    controls: u64,
    /// Those that are not usual: no line break, and in none of the ranges.
    unusual: u64,
}

pub(super) fn lex(
    lexer: &mut Lexer,
    data: &[u8],
    at: u32,
    index: &mut Index,
    usual: &Usual,
) -> bool {
    match lexer.engine {
        // SAFETY: an engine is chosen only where its instructions were detected.
        #[cfg(target_arch = "x86_64")]
        Engine::Avx2 => unsafe { x86::lex_avx2(lexer, data, at, index, usual) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Engine::Avx512 => unsafe { x86::lex_avx512(lexer, data, at, index, usual) },
        // SAFETY: NEON is part of every aarch64 target.
        #[cfg(target_arch = "aarch64")]
        Engine::Neon => unsafe { arm::lex_neon(lexer, data, at, index, usual) },
        _ => {
            scalar::lex(lexer, data, at, index);
            false
        }
    }
}

/// Lexes whole blocks by `masks`, `flatten` and `gather` (which puts the bits of a number that a
/// mask chooses next to each other), the rest by the scalar lexer; whether there is no rest and all
/// bytes are usual.
#[inline(always)]
fn lex_blocks(
    lexer: &mut Lexer,
    data: &[u8],
    at: u32,
    index: &mut Index,
    masks: impl Fn(&[u8; BLOCK]) -> Masks,
    flatten: impl Fn(u64, u32, &mut Vec<u32>),
    gather: impl Fn(u64, u64) -> u64,
) -> bool {
    let mut position = at;
    let mut unusual = 0;
    let (blocks, rest) = data.as_chunks::<BLOCK>();
    for block in blocks {
        let mut found = masks(block);
        unusual |= found.unusual;
        let mut specials = found.controls;
        let mut broken = false;
        if found.releases != 0 || lexer.escaping {
            let releases = found.releases & !found.separators;
            let (escaped, escaping) = escaped(releases, lexer.escaping);
            // It works over line breaks.
            broken = escaped & found.controls != 0;
            if !broken {
                lexer.escaping = escaping;
                found.separators &= !escaped;
                found.terminators &= !escaped;
                specials = (specials | releases) & !escaped;
            }
        }
        if broken {
            scalar::lex(lexer, block, position, index);
        } else {
            // Which of the separators end a segment, as they are written.
            let ends = gather(found.terminators, found.separators);
            flatten(ends, index.separators.len() as u32, &mut index.ends);
            let before = u64::from(index.is_last(position.wrapping_sub(1)));
            let behind = found.separators << 1 | before;
            let bits = Bits {
                ends: gather(!found.components, found.separators),
                empty: gather(behind, found.separators),
            };
            index.kinds.push(bits, found.separators.count_ones());
            flatten(found.separators, position, &mut index.separators);
            while specials != 0 {
                index.specials.push(position + specials.trailing_zeros());
                specials &= specials - 1;
            }
        }
        position += BLOCK as u32;
    }
    scalar::lex(lexer, rest, position, index);
    unusual == 0 && rest.is_empty()
}

/// Which characters stand behind a release character that is not itself released, where the first
/// follows one if it is `escaping`; and whether the next block does.
#[inline]
fn escaped(releases: u64, escaping: bool) -> (u64, bool) {
    const EVEN: u64 = u64::MAX / 3;
    let first = u64::from(escaping);
    let releases = releases & !first;
    let follows = releases << 1 | first;
    // Of release characters in a row every second one is released. Where a row begins at an odd
    // place, the sum carries over it; so its end tells which of the two are.
    let odd = releases & !EVEN & !follows;
    let (sum, over) = odd.overflowing_add(releases);
    ((EVEN ^ sum << 1) & follows, over)
}

/// Writes the position of every bit of `mask`.
#[inline(always)]
fn flatten_bits(mut mask: u64, position: u32, out: &mut Vec<u32>) {
    let count = mask.count_ones() as usize;
    out.reserve(BLOCK);
    let len = out.len();
    // SAFETY: room for 64 more was reserved, and at most 64 are written, in runs of 8 of which
    // the last may write up to 7 beyond `count`: `count` rounded up to 8 is at most 64.
    unsafe {
        let start = out.as_mut_ptr().add(len);
        let mut written = 0;
        while written < count {
            for lane in 0..8 {
                start
                    .add(written + lane)
                    .write(position.wrapping_add(mask.trailing_zeros()));
                mask &= mask.wrapping_sub(1);
            }
            written += 8;
        }
        out.set_len(len + count);
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{BLOCK, Index, Lexer, Masks, Usual, Work, flatten_bits, lex_blocks};

    /// # Safety
    /// AVX2, BMI1, BMI2, POPCNT and LZCNT must be there.
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
    #[inline(never)]
    pub(super) unsafe fn run<W: Work>(work: W) -> W::Result {
        work.run()
    }

    /// # Safety
    /// AVX2, BMI1, BMI2, POPCNT and LZCNT must be there.
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
    pub(super) unsafe fn lex_avx2(
        lexer: &mut Lexer,
        data: &[u8],
        at: u32,
        index: &mut Index,
        usual: &Usual,
    ) -> bool {
        let wanted = lexer.separators;
        let set = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
        let (component, element, terminator) = (
            set(wanted.component),
            set(wanted.element),
            set(wanted.terminator),
        );
        // Where there is no such character, another separator is looked for again.
        let repetition = set(wanted.repetition.unwrap_or(wanted.element));
        let release = set(wanted.release.unwrap_or(wanted.element));
        let has_release = if wanted.release.is_some() {
            u64::MAX
        } else {
            0
        };
        let highest_control = set(0x1F);
        let usual = usual.map(|(first, last)| (set(first), set(last - first)));
        let breaks = (set(b'\r'), set(b'\n'));
        let half = |bytes: *const u8| {
            // SAFETY: the caller gives 32 readable bytes.
            let v = unsafe { _mm256_loadu_si256(bytes.cast()) };
            let bits = |mask| u64::from(_mm256_movemask_epi8(mask).cast_unsigned());
            let ends = _mm256_cmpeq_epi8(v, terminator);
            let components = _mm256_cmpeq_epi8(v, component);
            let separators = _mm256_or_si256(
                _mm256_or_si256(components, _mm256_cmpeq_epi8(v, element)),
                _mm256_or_si256(_mm256_cmpeq_epi8(v, repetition), ends),
            );
            let controls = _mm256_cmpeq_epi8(_mm256_min_epu8(v, highest_control), v);
            let mut as_usual = _mm256_or_si256(
                _mm256_cmpeq_epi8(v, breaks.0),
                _mm256_cmpeq_epi8(v, breaks.1),
            );
            for (first, span) in usual {
                let from = _mm256_sub_epi8(v, first);
                let within = _mm256_cmpeq_epi8(_mm256_min_epu8(from, span), from);
                as_usual = _mm256_or_si256(as_usual, within);
            }
            (
                bits(separators),
                bits(ends),
                bits(_mm256_cmpeq_epi8(v, release)),
                bits(controls),
                bits(components),
                bits(as_usual),
            )
        };
        let masks = |block: &[u8; BLOCK]| {
            let low = half(block.as_ptr());
            // SAFETY: a block has 64 bytes.
            let high = half(unsafe { block.as_ptr().add(32) });
            let separators = low.0 | high.0 << 32;
            Masks {
                separators,
                components: low.4 | high.4 << 32,
                terminators: low.1 | high.1 << 32,
                releases: (low.2 | high.2 << 32) & has_release,
                controls: (low.3 | high.3 << 32) & !separators,
                unusual: !(low.5 | high.5 << 32),
            }
        };
        let gather = |bits, mask| _pext_u64(bits, mask);
        lex_blocks(lexer, data, at, index, masks, flatten_bits, gather)
    }

    /// # Safety
    /// AVX-512 F, BW and VBMI2 and what [`lex_avx2`] needs must be there.
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,avx2,bmi1,bmi2,popcnt,lzcnt")]
    pub(super) unsafe fn lex_avx512(
        lexer: &mut Lexer,
        data: &[u8],
        at: u32,
        index: &mut Index,
        usual: &Usual,
    ) -> bool {
        let wanted = lexer.separators;
        let set = |byte: u8| _mm512_set1_epi8(byte.cast_signed());
        let (component, element, terminator) = (
            set(wanted.component),
            set(wanted.element),
            set(wanted.terminator),
        );
        let repetition = set(wanted.repetition.unwrap_or(wanted.element));
        let release = set(wanted.release.unwrap_or(wanted.element));
        let has_release = if wanted.release.is_some() {
            u64::MAX
        } else {
            0
        };
        let highest_control = set(0x1F);
        let usual = usual.map(|(first, last)| (set(first), set(last - first)));
        let breaks = (set(b'\r'), set(b'\n'));
        let masks = |block: &[u8; BLOCK]| {
            // SAFETY: a block has 64 bytes.
            let v = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
            let terminators = _mm512_cmpeq_epi8_mask(v, terminator);
            let components = _mm512_cmpeq_epi8_mask(v, component);
            let separators = components
                | _mm512_cmpeq_epi8_mask(v, element)
                | _mm512_cmpeq_epi8_mask(v, repetition)
                | terminators;
            let mut as_usual =
                _mm512_cmpeq_epi8_mask(v, breaks.0) | _mm512_cmpeq_epi8_mask(v, breaks.1);
            for (first, span) in usual {
                as_usual |= _mm512_cmple_epu8_mask(_mm512_sub_epi8(v, first), span);
            }
            Masks {
                separators,
                components,
                terminators,
                releases: _mm512_cmpeq_epi8_mask(v, release) & has_release,
                controls: _mm512_cmple_epu8_mask(v, highest_control) & !separators,
                unusual: !as_usual,
            }
        };
        let mut lanes = [0u8; BLOCK];
        for (at, lane) in lanes.iter_mut().enumerate() {
            *lane = at as u8;
        }
        // SAFETY: 64 bytes.
        let lanes = unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) };
        let flatten = |mask: u64, position: u32, out: &mut Vec<u32>| {
            let count = mask.count_ones() as usize;
            out.reserve(BLOCK);
            let len = out.len();
            let packed = _mm512_maskz_compress_epi8(mask, lanes);
            let base = _mm512_set1_epi32(position.cast_signed());
            let widen = |bytes| _mm512_add_epi32(_mm512_cvtepu8_epi32(bytes), base);
            // Sixteen are as many as a block often has: whether there are more is not foreseen, so
            // two are always stored.
            // SAFETY: room for 64 more was reserved; each store writes 16, the last of at most 4
            // ends at 64.
            unsafe {
                let start = out.as_mut_ptr().add(len);
                _mm512_storeu_si512(start.cast(), widen(_mm512_castsi512_si128(packed)));
                let next = _mm512_extracti32x4_epi32::<1>(packed);
                _mm512_storeu_si512(start.add(16).cast(), widen(next));
                if count > 32 {
                    let next = _mm512_extracti32x4_epi32::<2>(packed);
                    _mm512_storeu_si512(start.add(32).cast(), widen(next));
                    let next = _mm512_extracti32x4_epi32::<3>(packed);
                    _mm512_storeu_si512(start.add(48).cast(), widen(next));
                }
                out.set_len(len + count);
            }
        };
        let gather = |bits, mask| _pext_u64(bits, mask);
        lex_blocks(lexer, data, at, index, masks, flatten, gather)
    }
}

#[cfg(target_arch = "aarch64")]
mod arm {
    use std::arch::aarch64::*;

    use super::{BLOCK, Index, Lexer, Masks, Usual, flatten_bits, lex_blocks};

    /// # Safety
    /// NEON must be there, as on every aarch64 target.
    #[target_feature(enable = "neon")]
    pub(super) unsafe fn lex_neon(
        lexer: &mut Lexer,
        data: &[u8],
        at: u32,
        index: &mut Index,
        usual: &Usual,
    ) -> bool {
        let wanted = lexer.separators;
        let repetition = wanted.repetition.unwrap_or(wanted.element);
        let release = wanted.release.unwrap_or(wanted.element);
        let has_release = if wanted.release.is_some() {
            u64::MAX
        } else {
            0
        };
        const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
        // SAFETY: 16 bytes.
        let weights = unsafe { vld1q_u8(BITS.as_ptr()) };
        // Four compare results of 16 bytes to 64 bits.
        let pack = |a, b, c, d| {
            let ab = vpaddq_u8(vandq_u8(a, weights), vandq_u8(b, weights));
            let cd = vpaddq_u8(vandq_u8(c, weights), vandq_u8(d, weights));
            let all = vpaddq_u8(vpaddq_u8(ab, cd), vdupq_n_u8(0));
            vgetq_lane_u64::<0>(vreinterpretq_u64_u8(all))
        };
        let masks = |block: &[u8; BLOCK]| {
            // SAFETY: a block has 64 bytes.
            let v = unsafe {
                let start = block.as_ptr();
                [
                    vld1q_u8(start),
                    vld1q_u8(start.add(16)),
                    vld1q_u8(start.add(32)),
                    vld1q_u8(start.add(48)),
                ]
            };
            let equal = |byte: u8| {
                let wanted = vdupq_n_u8(byte);
                pack(
                    vceqq_u8(v[0], wanted),
                    vceqq_u8(v[1], wanted),
                    vceqq_u8(v[2], wanted),
                    vceqq_u8(v[3], wanted),
                )
            };
            let below = vdupq_n_u8(0x20);
            let controls = pack(
                vcltq_u8(v[0], below),
                vcltq_u8(v[1], below),
                vcltq_u8(v[2], below),
                vcltq_u8(v[3], below),
            );
            let is_usual = |v| {
                let breaks = vorrq_u8(
                    vceqq_u8(v, vdupq_n_u8(b'\r')),
                    vceqq_u8(v, vdupq_n_u8(b'\n')),
                );
                usual.iter().fold(breaks, |usual, (first, last)| {
                    let from = vsubq_u8(v, vdupq_n_u8(*first));
                    vorrq_u8(usual, vcleq_u8(from, vdupq_n_u8(last - first)))
                })
            };
            let as_usual = pack(
                is_usual(v[0]),
                is_usual(v[1]),
                is_usual(v[2]),
                is_usual(v[3]),
            );
            let terminators = equal(wanted.terminator);
            let components = equal(wanted.component);
            let separators = components | equal(wanted.element) | equal(repetition) | terminators;
            Masks {
                separators,
                components,
                terminators,
                releases: equal(release) & has_release,
                controls: controls & !separators,
                unusual: !as_usual,
            }
        };
        let gather = |bits: u64, mut mask: u64| {
            let (mut gathered, mut at) = (0, 0);
            while mask != 0 {
                gathered |= (bits >> mask.trailing_zeros() & 1) << at;
                mask &= mask - 1;
                at += 1;
            }
            gathered
        };
        lex_blocks(lexer, data, at, index, masks, flatten_bits, gather)
    }
}
