;; Hashes lines and adds the hashes up. A row is a line without its `\n`. The hash is MurmurHash3_x64_128 with seed 0:
;; two 64-bit words, h1 and h2. As a number a hash is h1 + h2 * 2^64. The sum is taken modulo 2^128.
;;
;; WebAssembly, because the hash needs 64-bit multiplications, which JavaScript only has in the form of slow BigInts.
;; docs/FORMAT.md defines the digest; the tests hold a second implementation to compare with.
(module
  ;; 256 KB of input, which stays in the processor's cache, and one page behind it, so that reading 16 bytes from the
  ;; last one of the input is in bounds.
  (memory (export "memory") 5)

  ;; What `add` has found. The caller sets them to 0 before a chunk and reads them after it.
  (global $sum_low (export "sum_low") (mut i64) (i64.const 0))
  (global $sum_high (export "sum_high") (mut i64) (i64.const 0))
  (global $rows (export "rows") (mut i64) (i64.const 0))

  ;; A line that goes on in the next slice: its two words so far and the number of bytes that are in them.
  (global $open_h1 (mut i64) (i64.const 0))
  (global $open_h2 (mut i64) (i64.const 0))
  (global $open_length (mut i64) (i64.const 0))

  (func $mix_k1 (param $k i64) (result i64)
    (i64.mul
      (i64.rotl (i64.mul (local.get $k) (i64.const 0x87c37b91114253d5)) (i64.const 31))
      (i64.const 0x4cf5ad432745937f)))

  (func $mix_k2 (param $k i64) (result i64)
    (i64.mul
      (i64.rotl (i64.mul (local.get $k) (i64.const 0x4cf5ad432745937f)) (i64.const 33))
      (i64.const 0x87c37b91114253d5)))

  (func $finish_word (param $k i64) (result i64)
    (local.set $k (i64.xor (local.get $k) (i64.shr_u (local.get $k) (i64.const 33))))
    (local.set $k (i64.mul (local.get $k) (i64.const 0xff51afd7ed558ccd)))
    (local.set $k (i64.xor (local.get $k) (i64.shr_u (local.get $k) (i64.const 33))))
    (local.set $k (i64.mul (local.get $k) (i64.const 0xc4ceb9fe1a85ec53)))
    (i64.xor (local.get $k) (i64.shr_u (local.get $k) (i64.const 33))))

  ;; The first `count` bytes at `at` as a little-endian number; 8 at most, none or fewer than none give 0.
  (func $load_part (param $at i32) (param $count i32) (result i64)
    (if (i32.le_s (local.get $count) (i32.const 0)) (then (return (i64.const 0))))
    (if (i32.ge_s (local.get $count) (i32.const 8)) (then (return (i64.load align=1 (local.get $at)))))
    (i64.and
      (i64.load align=1 (local.get $at))
      (i64.shr_u
        (i64.const -1)
        (i64.sub (i64.const 64) (i64.shl (i64.extend_i32_u (local.get $count)) (i64.const 3))))))

  ;; The place of the first `\n` from `at` on, or `end` if there is none.
  (func $find_line_end (param $at i32) (param $end i32) (result i32)
    (local $hits i32)
    (loop $search
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (local.get $end))))
      (local.set $hits
        (i8x16.bitmask (i8x16.eq (v128.load align=1 (local.get $at)) (v128.const i8x16 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10))))
      (if (i32.eqz (local.get $hits))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br $search))))
    ;; A hit may lie behind the end, in what an earlier slice has left there.
    (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $hits))))
    (select (local.get $at) (local.get $end) (i32.lt_u (local.get $at) (local.get $end))))

  ;; Hashes what stands from `at` to `end`. Returns where it stopped: at `end`, or up to 15 bytes before it, when a line
  ;; goes on behind `end`. The next slice has to begin with those bytes.
  (func (export "add") (param $at i32) (param $end i32) (result i32)
    (local $line_end i32)
    (local $h1 i64)
    (local $h2 i64)
    (local $length i64)
    (local $rest i32)

    (local.set $h1 (global.get $open_h1))
    (local.set $h2 (global.get $open_h2))
    (local.set $length (global.get $open_length))

    (loop $line
      (local.set $line_end (call $find_line_end (local.get $at) (local.get $end)))
      (local.set $length
        (i64.add (local.get $length) (i64.extend_i32_u (i32.sub (local.get $line_end) (local.get $at)))))

      (block $blocks_done
        (loop $block
          (br_if $blocks_done (i32.lt_u (i32.sub (local.get $line_end) (local.get $at)) (i32.const 16)))
          (local.set $h1 (i64.xor (local.get $h1) (call $mix_k1 (i64.load align=1 (local.get $at)))))
          (local.set $h1 (i64.add (i64.rotl (local.get $h1) (i64.const 27)) (local.get $h2)))
          (local.set $h1 (i64.add (i64.mul (local.get $h1) (i64.const 5)) (i64.const 0x52dce729)))
          (local.set $h2 (i64.xor (local.get $h2) (call $mix_k2 (i64.load offset=8 align=1 (local.get $at)))))
          (local.set $h2 (i64.add (i64.rotl (local.get $h2) (i64.const 31)) (local.get $h1)))
          (local.set $h2 (i64.add (i64.mul (local.get $h2) (i64.const 5)) (i64.const 0x38495ab5)))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br $block)))

      (local.set $rest (i32.sub (local.get $line_end) (local.get $at)))

      (if (i32.eq (local.get $line_end) (local.get $end))
        (then
          ;; The line goes on. The bytes that have not been hashed come again with the next slice.
          (global.set $open_h1 (local.get $h1))
          (global.set $open_h2 (local.get $h2))
          (global.set $open_length (i64.sub (local.get $length) (i64.extend_i32_u (local.get $rest))))
          (return (local.get $at))))

      ;; The last 0 to 15 bytes. A part that is empty is 0 and changes nothing.
      (local.set $h2
        (i64.xor (local.get $h2)
          (call $mix_k2
            (call $load_part
              (i32.add (local.get $at) (i32.const 8))
              (i32.sub (local.get $rest) (i32.const 8))))))
      (local.set $h1 (i64.xor (local.get $h1) (call $mix_k1 (call $load_part (local.get $at) (local.get $rest)))))

      (local.set $h1 (i64.xor (local.get $h1) (local.get $length)))
      (local.set $h2 (i64.xor (local.get $h2) (local.get $length)))
      (local.set $h1 (i64.add (local.get $h1) (local.get $h2)))
      (local.set $h2 (i64.add (local.get $h2) (local.get $h1)))
      (local.set $h1 (call $finish_word (local.get $h1)))
      (local.set $h2 (call $finish_word (local.get $h2)))
      (local.set $h1 (i64.add (local.get $h1) (local.get $h2)))
      (local.set $h2 (i64.add (local.get $h2) (local.get $h1)))

      (global.set $sum_low (i64.add (global.get $sum_low) (local.get $h1)))
      (global.set $sum_high
        (i64.add
          (i64.add (global.get $sum_high) (local.get $h2))
          (i64.extend_i32_u (i64.lt_u (global.get $sum_low) (local.get $h1)))))
      (global.set $rows (i64.add (global.get $rows) (i64.const 1)))

      (local.set $at (i32.add (local.get $line_end) (i32.const 1)))
      (local.set $h1 (i64.const 0))
      (local.set $h2 (i64.const 0))
      (local.set $length (i64.const 0))
      (br $line))
    (unreachable)))
