#pragma once

/// Before a function's definition: compiles it for newer CPUs too, the one that runs is chosen when the program starts.
/// Without fused multiply-add, so that every x86-64 CPU gives the same bits. Not under sanitizers: ThreadSanitizer
/// is not yet there when the choice is made.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(MODLAB_SANITIZED)
#define MODLAB_CPU_DISPATCH __attribute__((target_clones("avx2", "default")))
/// Before definitions of one function that are not the same text, seen and called in one file only. Where
/// MODLAB_CPU_AVX2 is not defined, there is the baseline's only.
#define MODLAB_CPU_AVX2 __attribute__((target("avx2")))
/// A third one, where it pays. Its file needs -ffp-contract=off: AVX-512 comes with fused multiply-add.
#define MODLAB_CPU_AVX512 __attribute__((target("avx512f")))
#define MODLAB_CPU_BASELINE __attribute__((target("default")))
#else
#define MODLAB_CPU_DISPATCH
#define MODLAB_CPU_BASELINE
#endif
