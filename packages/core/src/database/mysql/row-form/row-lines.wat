;; Turns the rows of a result, as the server sends them, into lines of the row form (see row-form.ts).
;;
;; WebAssembly with SIMD, because every byte of a table passes here. The state lies in globals, so that the input may be
;; cut anywhere: in the middle of a value, of a length, or of the head of a packet.
(module
  ;; Decides on a number in a document, at the first address and of this length: 1 if it can be restored as it is.
  (import "host" "is_exact" (func $is_exact (param i32 i32) (result i32)))

  ;; 0:       what stands behind the backslash for a byte that has to be escaped; 0 for the others
  ;; 512:     a length that is cut by the head of a packet, put together
  ;; 1024:    the form of each column, a byte: 0 number, 1 double, 2 text, 3 ascii, 4 bytes, 5 document
  ;; 0x2000:  input, 64 KB, and some space behind it, because 16 bytes are read at a time
  ;; 0x20000: output, to the end of the memory, which grows
  (memory (export "memory") 6)
  (data (i32.const 0x00) "0")
  (data (i32.const 0x0a) "n")
  (data (i32.const 0x0d) "r")
  (data (i32.const 0x1a) "Z")
  (data (i32.const 0x27) "'")
  (data (i32.const 0x5c) "\5c")

  (global $output i32 (i32.const 0x20000))
  ;; The number of columns. Set by the caller.
  (global $columns (export "columns") (mut i32) (i32.const 0))
  ;; The end of what is written; the beginning of the line that is being written, where whole lines end.
  (global $out (mut i32) (i32.const 0x20000))
  (global $line (export "line") (mut i32) (i32.const 0x20000))
  ;; Whole lines written since the beginning.
  (global $rows (export "rows") (mut i32) (i32.const 0))
  ;; Why `encode` stopped: 0 it needs more input, 1 what follows is no row, 2 the input is not as expected.
  (global $stopped (export "stopped") (mut i32) (i32.const 0))

  ;; The first row with a number that cannot be restored as it is: where its line begins, or 0; and the rows before it.
  (global $inexact_line (export "inexact_line") (mut i32) (i32.const 0))
  (global $inexact_rows (export "inexact_rows") (mut i32) (i32.const 0))

  ;; 0 at the head of a row, 1 at a value, 2 inside of a value.
  (global $state (mut i32) (i32.const 0))
  ;; Bytes that are left of the packet, and whether it is a full one that goes on in the next.
  (global $packet_left (mut i32) (i32.const 0))
  (global $packet_full (mut i32) (i32.const 0))
  (global $column (mut i32) (i32.const 0))
  ;; The value: its form, the bytes of it that are to come, where its text begins in the output, and whether an `e`
  ;; (double) or a byte beyond ASCII (ascii) has been seen.
  (global $form (mut i32) (i32.const 0))
  (global $left (mut i32) (i32.const 0))
  (global $value (mut i32) (i32.const 0))
  (global $seen (mut i32) (i32.const 0))

  (func $put (param $byte i32)
    (i32.store8 (global.get $out) (local.get $byte))
    (global.set $out (i32.add (global.get $out) (i32.const 1))))

  ;; Makes room for so many bytes, and some more.
  (func $reserve (param $bytes i32)
    (local $missing i32)
    (local.set $missing
      (i32.sub
        (i32.add (i32.add (global.get $out) (local.get $bytes)) (i32.const 64))
        (i32.shl (memory.size) (i32.const 16))))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then
        (if (i32.lt_s
              (memory.grow (i32.add (i32.shr_u (local.get $missing) (i32.const 16)) (i32.const 2)))
              (i32.const 0))
          (then (unreachable))))))

  ;; Copies `n` bytes.
  (func $plain (param $at i32) (param $n i32)
    (local $i i32)
    (loop $block
      (v128.store align=1
        (i32.add (global.get $out) (local.get $i))
        (v128.load align=1 (i32.add (local.get $at) (local.get $i))))
      (br_if $block
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (local.get $n))))
    (global.set $out (i32.add (global.get $out) (local.get $n))))

  ;; A bit for each byte that has to be escaped: it is one if the bit of its high half is in the entry of its low half.
  (func $escapes (param $block v128) (result i32)
    (i8x16.bitmask
      (i8x16.ne
        (v128.and
          (i8x16.swizzle
            ;; low half:         0             7     a   c d
            (v128.const i8x16 1 0 0 0 0 0 0 4 0 0 3 0 8 1 0 0)
            (v128.and (local.get $block) (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15)))
          (i8x16.swizzle
            ;; high half:        0 1 2     5
            (v128.const i8x16 1 2 4 0 0 8 0 0 0 0 0 0 0 0 0 0)
            (i8x16.shr_u (local.get $block) (i32.const 4))))
        (v128.const i64x2 0 0))))

  ;; Copies `n` bytes, with a backslash where one is needed.
  (func $text (param $at i32) (param $n i32)
    (local $end i32)
    (local $out i32)
    (local $block v128)
    (local $hits i32)
    (local $skip i32)
    (local.set $end (i32.add (local.get $at) (local.get $n)))
    (local.set $out (global.get $out))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $block (v128.load align=1 (local.get $at)))
        (v128.store align=1 (local.get $out) (local.get $block))
        (local.set $hits (call $escapes (local.get $block)))
        (if (i32.eqz (local.get $hits))
          (then
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (local.set $out (i32.add (local.get $out) (i32.const 16)))
            (br $next)))
        (local.set $skip (i32.ctz (local.get $hits)))
        (local.set $at (i32.add (local.get $at) (local.get $skip)))
        (local.set $out (i32.add (local.get $out) (local.get $skip)))
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (i32.store8 (local.get $out) (i32.const 0x5c))
        (i32.store8 offset=1 (local.get $out) (i32.load8_u (i32.load8_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $out (i32.add (local.get $out) (i32.const 2)))
        (br $next)))
    ;; The last block may have gone beyond the end.
    (global.set $out (i32.sub (local.get $out) (i32.sub (local.get $at) (local.get $end)))))

  ;; The digits of the high halves and of the low halves of 16 bytes.
  (func $digits (param $halves v128) (result v128)
    (i8x16.swizzle (v128.const i8x16 48 49 50 51 52 53 54 55 56 57 97 98 99 100 101 102) (local.get $halves)))

  ;; Writes 16 bytes as 32 digits.
  (func $hex_block (param $block v128) (param $out i32)
    (local $high v128)
    (local $low v128)
    (local.set $high (call $digits (i8x16.shr_u (local.get $block) (i32.const 4))))
    (local.set $low
      (call $digits
        (v128.and (local.get $block) (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15))))
    (v128.store align=1
      (local.get $out)
      (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $high) (local.get $low)))
    (v128.store offset=16 align=1
      (local.get $out)
      (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $high) (local.get $low))))

  (func $hex (param $at i32) (param $n i32)
    (local $i i32)
    (loop $block
      (call $hex_block
        (v128.load align=1 (i32.add (local.get $at) (local.get $i)))
        (i32.add (global.get $out) (i32.shl (local.get $i) (i32.const 1))))
      (br_if $block
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (local.get $n))))
    (global.set $out (i32.add (global.get $out) (i32.shl (local.get $n) (i32.const 1)))))

  ;; Is there an `e` (form 1) or a byte beyond ASCII (form 3)?
  (func $look (param $at i32) (param $n i32)
    (local $end i32)
    (local $byte i32)
    (local.set $end (i32.add (local.get $at) (local.get $n)))
    (loop $next
      (local.set $byte (i32.load8_u (local.get $at)))
      (if (select
            (i32.eq (local.get $byte) (i32.const 0x65))
            (i32.ge_u (local.get $byte) (i32.const 0x80))
            (i32.eq (global.get $form) (i32.const 1)))
        (then
          (global.set $seen (i32.const 1))
          (return)))
      (br_if $next
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $end)))))

  ;; Writes `n` bytes of the value, at least one.
  (func $body (param $at i32) (param $n i32)
    (call $reserve (i32.shl (local.get $n) (i32.const 1)))
    (if (i32.eq (global.get $form) (i32.const 4))
      (then
        (call $hex (local.get $at) (local.get $n))
        (return)))
    (if (i32.and (i32.shr_u (i32.const 0x0a) (global.get $form)) (i32.const 1))
      (then (call $look (local.get $at) (local.get $n))))
    (if (i32.lt_u (global.get $form) (i32.const 2))
      (then (call $plain (local.get $at) (local.get $n)))
      (else (call $text (local.get $at) (local.get $n)))))

  ;; What stands before the bytes of a value of `$left` bytes.
  (func $open_value
    (global.set $seen (i32.const 0))
    (if (i32.eq (global.get $form) (i32.const 4))
      (then
        (if (global.get $left)
          (then
            (i32.store16 (global.get $out) (i32.const 0x7830))
            (global.set $out (i32.add (global.get $out) (i32.const 2))))
          (else (call $put (i32.const 0x27)))))
      (else
        (if (i32.ge_u (global.get $form) (i32.const 2)) (then (call $put (i32.const 0x27))))))
    (global.set $value (global.get $out)))

  ;; What stands behind them.
  (func $close_value
    (if (i32.eq (global.get $form) (i32.const 1))
      (then
        (if (i32.eqz (global.get $seen))
          (then
            (call $put (i32.const 0x65))
            (call $put (i32.const 0x30)))))
      (else
        (if (i32.and (i32.eq (global.get $form) (i32.const 5)) (i32.eqz (global.get $inexact_line)))
          (then
            (if (i32.eqz (call $numbers_are_exact (global.get $value) (global.get $out)))
              (then
                (global.set $inexact_line (global.get $line))
                (global.set $inexact_rows (global.get $rows))))))
        (if (i32.and (i32.eq (global.get $form) (i32.const 3)) (global.get $seen))
          (then (call $text_to_hex))
          (else
            (if (i32.or
                  (i32.eq (i32.const 4) (global.get $form))
                  (i32.eqz (global.get $form)))
              (then
                ;; The opening quote of no bytes.
                (if (i32.and
                      (i32.eq (i32.const 4) (global.get $form))
                      (i32.eq (i32.load8_u (i32.sub (global.get $value) (i32.const 1))) (i32.const 0x27)))
                  (then (call $put (i32.const 0x27)))))
              (else (call $put (i32.const 0x27)))))))))

  ;; The value has been written as text, but its bytes are no ASCII: takes the backslashes out, and writes it again.
  (func $text_to_hex
    (local $from i32)
    (local $to i32)
    (local $end i32)
    (local $byte i32)
    (local $letter i32)
    (local.set $from (global.get $value))
    (local.set $to (global.get $value))
    (local.set $end (global.get $out))
    (loop $next
      (local.set $byte (i32.load8_u (local.get $from)))
      (if (i32.eq (local.get $byte) (i32.const 0x5c))
        (then
          (local.set $from (i32.add (local.get $from) (i32.const 1)))
          (local.set $letter (i32.load8_u (local.get $from)))
          ;; The byte whose letter it is.
          (local.set $byte (i32.const 0))
          (block $found
            (loop $search
              (br_if $found (i32.eq (i32.load8_u (local.get $byte)) (local.get $letter)))
              (local.set $byte (i32.add (local.get $byte) (i32.const 1)))
              (br $search)))))
      (i32.store8 (local.get $to) (local.get $byte))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (br_if $next
        (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 1))) (local.get $end))))
    ;; From the last byte to the first, since each takes the place of two. `0x` replaces the quote and one byte more.
    (global.set $out (local.get $to))
    (call $reserve (i32.sub (local.get $to) (global.get $value)))
    (local.set $end (i32.add (global.get $value) (i32.shl (i32.sub (local.get $to) (global.get $value)) (i32.const 1))))
    (global.set $out (i32.add (local.get $end) (i32.const 1)))
    (loop $next
      (local.set $to (i32.sub (local.get $to) (i32.const 1)))
      (local.set $end (i32.sub (local.get $end) (i32.const 2)))
      (local.set $byte (i32.load8_u (local.get $to)))
      (i32.store8 offset=1 (local.get $end) (call $digit (i32.shr_u (local.get $byte) (i32.const 4))))
      (i32.store8 offset=2 (local.get $end) (call $digit (i32.and (local.get $byte) (i32.const 15))))
      (br_if $next (i32.gt_u (local.get $to) (global.get $value))))
    (i32.store16 align=1 (i32.sub (global.get $value) (i32.const 1)) (i32.const 0x7830)))

  (func $digit (param $half i32) (result i32)
    (i32.add (local.get $half) (select (i32.const 0x30) (i32.const 0x57) (i32.lt_u (local.get $half) (i32.const 10)))))

  (func $is_number_byte (param $byte i32) (result i32)
    (i32.or
      (i32.lt_u (i32.sub (local.get $byte) (i32.const 0x30)) (i32.const 10))
      (i32.or
        (i32.lt_u (i32.sub (local.get $byte) (i32.const 0x2d)) (i32.const 2))
        (i32.or (i32.eq (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x65))
          (i32.eq (local.get $byte) (i32.const 0x2b))))))

  ;; Looks at the numbers of a document, whose escaped text stands in the output.
  (func $numbers_are_exact (param $at i32) (param $end i32) (result i32)
    (local $byte i32)
    (local $start i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $byte (i32.load8_u (local.get $at)))
        (if (i32.eq (local.get $byte) (i32.const 0x22))
          (then
            (local.set $at (call $string_end (i32.add (local.get $at) (i32.const 1)) (local.get $end)))
            (br $next)))
        (if (i32.or
              (i32.lt_u (i32.sub (local.get $byte) (i32.const 0x30)) (i32.const 10))
              (i32.eq (local.get $byte) (i32.const 0x2d)))
          (then
            (local.set $start (local.get $at))
            (loop $digit
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (br_if $digit
                (i32.and
                  (i32.lt_u (local.get $at) (local.get $end))
                  (call $is_number_byte (i32.load8_u (local.get $at))))))
            (if (i32.eqz (call $number_is_exact (local.get $start) (local.get $at))) (then (return (i32.const 0))))
            (br $next)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (i32.const 1))

  ;; The place behind the quote that ends a string of a document. The backslash of a document is two here.
  (func $string_end (param $at i32) (param $end i32) (result i32)
    (local $block v128)
    (local $hits i32)
    (loop $next
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (local.get $end))))
      (local.set $block (v128.load align=1 (local.get $at)))
      (local.set $hits
        (i8x16.bitmask
          (v128.or
            (i8x16.eq (local.get $block) (v128.const i8x16 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34))
            (i8x16.eq (local.get $block) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92)))))
      (if (i32.eqz (local.get $hits))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br $next)))
      (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $hits))))
      (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x22))
        (then (return (i32.add (local.get $at) (i32.const 1)))))
      (if (i32.eq (i32.load8_u offset=1 (local.get $at)) (i32.const 0x5c))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 2)))
          ;; What the document escapes: one byte, or a backslash, which is two.
          (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x5c))
            (then (local.set $at (i32.add (local.get $at) (i32.const 1)))))
          (local.set $at (i32.add (local.get $at) (i32.const 1))))
        (else (local.set $at (i32.add (local.get $at) (i32.const 2)))))
      (br $next))
    (unreachable))

  ;; Plain cases are decided here: a number with an exponent, a whole number of up to 18 digits, and one of up to 15
  ;; digits with a point, no superfluous 0 at its end, and no more than three behind a leading `0.`.
  (func $number_is_exact (param $from i32) (param $end i32) (result i32)
    (local $at i32)
    (local $byte i32)
    (local $digits i32)
    (local $fraction i32)
    (local $point i32)
    (local.set $at (local.get $from))
    (loop $next
      (local.set $byte (i32.load8_u (local.get $at)))
      (if (i32.eq (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x65)) (then (return (i32.const 1))))
      (if (i32.eq (local.get $byte) (i32.const 0x2e))
        (then (local.set $point (i32.const 1)))
        (else
          (if (i32.ne (local.get $byte) (i32.const 0x2d))
            (then
              (local.set $digits (i32.add (local.get $digits) (i32.const 1)))
              (local.set $fraction (i32.add (local.get $fraction) (local.get $point)))))))
      (br_if $next
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $end))))
    (if (i32.eqz (local.get $point))
      (then (if (i32.le_u (local.get $digits) (i32.const 18)) (then (return (i32.const 1)))))
      (else
        (if (i32.and
              (i32.le_u (local.get $digits) (i32.const 15))
              (i32.or (i32.ne (local.get $byte) (i32.const 0x30)) (i32.eq (local.get $fraction) (i32.const 1))))
          (then
            ;; `0.0000...` is left to the host.
            (if (i32.or
                  (i32.lt_u (local.get $fraction) (i32.const 5))
                  (i32.ne
                    (i32.load align=1 (i32.sub (local.get $end) (local.get $fraction)))
                    (i32.const 0x30303030)))
              (then (return (i32.const 1))))))))
    (call $is_exact (local.get $from) (i32.sub (local.get $end) (local.get $from))))

  ;; The bytes of a length, its first one included.
  (func $length_size (param $first i32) (result i32)
    (if (i32.lt_u (local.get $first) (i32.const 0xfc)) (then (return (i32.const 1))))
    (if (i32.eq (local.get $first) (i32.const 0xfc)) (then (return (i32.const 3))))
    (select (i32.const 4) (i32.const 9) (i32.eq (local.get $first) (i32.const 0xfd))))

  (func $length_at (param $at i32) (result i32)
    (local $first i32)
    (local.set $first (i32.load8_u (local.get $at)))
    (if (i32.lt_u (local.get $first) (i32.const 0xfb)) (then (return (local.get $first))))
    (if (i32.eq (local.get $first) (i32.const 0xfc)) (then (return (i32.load16_u offset=1 align=1 (local.get $at)))))
    (if (i32.eq (local.get $first) (i32.const 0xfd))
      (then (return (i32.and (i32.load offset=1 align=1 (local.get $at)) (i32.const 0xffffff)))))
    (i32.load offset=1 align=1 (local.get $at)))

  (func $begin_packet (param $at i32)
    (global.set $packet_left (i32.and (i32.load align=1 (local.get $at)) (i32.const 0xffffff)))
    (global.set $packet_full (i32.eq (global.get $packet_left) (i32.const 0xffffff))))

  (func $end_value
    (global.set $column (i32.add (global.get $column) (i32.const 1)))
    (global.set $state (i32.const 1))
    (if (i32.lt_u (global.get $column) (global.get $columns)) (then (return)))
    (if (global.get $packet_left) (then (global.set $stopped (i32.const 2))))
    (if (global.get $stopped) (then (return)))
    (i32.store16 align=1 (global.get $out) (i32.const 0x0a29))
    (global.set $out (i32.add (global.get $out) (i32.const 2)))
    (global.set $line (global.get $out))
    (global.set $rows (i32.add (global.get $rows) (i32.const 1)))
    (global.set $state (i32.const 0)))

  ;; Writes the row whose values stand from `at` to `end`, all of them. Does what `encode` does for a row that is cut,
  ;; with less to remember: most rows are small and whole.
  (func $whole_row (param $at i32) (param $end i32)
    (local $out i32)
    (local $column i32)
    (local $form i32)
    (local $n i32)
    (local $block v128)
    ;; For each value two bytes a byte, and quotes, a comma or `NULL`.
    (call $reserve
      (i32.add (i32.shl (i32.sub (local.get $end) (local.get $at)) (i32.const 1)) (i32.shl (global.get $columns) (i32.const 3))))
    (local.set $out (global.get $out))
    (i32.store8 (local.get $out) (i32.const 0x28))
    (local.set $out (i32.add (local.get $out) (i32.const 1)))
    (loop $next
      (if (local.get $column)
        (then
          (i32.store8 (local.get $out) (i32.const 0x2c))
          (local.set $out (i32.add (local.get $out) (i32.const 1)))))
      (local.set $n (i32.load8_u (local.get $at)))
      (if (i32.eq (local.get $n) (i32.const 0xfb))
        (then
          (i32.store align=1 (local.get $out) (i32.const 0x4c4c554e))
          (local.set $out (i32.add (local.get $out) (i32.const 4)))
          (local.set $at (i32.add (local.get $at) (i32.const 1))))
        (else
          (local.set $form (i32.load8_u offset=1024 (local.get $column)))
          (if (i32.and
                (i32.le_u (local.get $n) (i32.const 16))
                (i32.eqz (i32.and (local.get $form) (i32.const 0xfd))))
            (then
              ;; Up to 16 bytes of a number or text.
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (local.set $block (v128.load align=1 (local.get $at)))
              (if (local.get $form)
                (then
                  (i32.store8 (local.get $out) (i32.const 0x27))
                  (local.set $out (i32.add (local.get $out) (i32.const 1)))
                  (if (i32.and
                        (call $escapes (local.get $block))
                        (i32.sub (i32.shl (i32.const 1) (local.get $n)) (i32.const 1)))
                    (then
                      (global.set $out (local.get $out))
                      (call $text (local.get $at) (local.get $n))
                      (local.set $out (global.get $out)))
                    (else
                      (v128.store align=1 (local.get $out) (local.get $block))
                      (local.set $out (i32.add (local.get $out) (local.get $n)))))
                  (i32.store8 (local.get $out) (i32.const 0x27))
                  (local.set $out (i32.add (local.get $out) (i32.const 1))))
                (else
                  (v128.store align=1 (local.get $out) (local.get $block))
                  (local.set $out (i32.add (local.get $out) (local.get $n)))))
              (local.set $at (i32.add (local.get $at) (local.get $n))))
            (else
              (global.set $left (call $length_at (local.get $at)))
              (local.set $at (i32.add (local.get $at) (call $length_size (local.get $n))))
              ;; It must not be read beyond its end.
              (if (i32.gt_u (global.get $left) (i32.sub (local.get $end) (local.get $at)))
                (then
                  (global.set $stopped (i32.const 2))
                  (return)))
              (global.set $form (local.get $form))
              (global.set $out (local.get $out))
              (call $open_value)
              (if (global.get $left) (then (call $body (local.get $at) (global.get $left))))
              (call $close_value)
              (local.set $out (global.get $out))
              (local.set $at (i32.add (local.get $at) (global.get $left)))))))
      (local.set $column (i32.add (local.get $column) (i32.const 1)))
      (br_if $next
        (i32.and (i32.lt_u (local.get $column) (global.get $columns)) (i32.lt_u (local.get $at) (local.get $end)))))
    (if (i32.or (i32.ne (local.get $column) (global.get $columns)) (i32.ne (local.get $at) (local.get $end)))
      (then
        (global.set $stopped (i32.const 2))
        (return)))
    (i32.store16 align=1 (local.get $out) (i32.const 0x0a29))
    (global.set $out (i32.add (local.get $out) (i32.const 2)))
    (global.set $line (global.get $out))
    (global.set $rows (i32.add (global.get $rows) (i32.const 1))))

  ;; Writes what stands from `at` to `end`. Returns where it stopped: the next input has to begin with what was left.
  (func (export "encode") (param $at i32) (param $end i32) (result i32)
    (local $n i32)
    (local $size i32)
    (local $length_place i32)
    (loop $next
      (if (global.get $stopped) (then (return (local.get $at))))
      (if (i32.eq (global.get $state) (i32.const 2))
        (then
          ;; Inside of a value: as much as there is.
          (local.set $n (i32.sub (local.get $end) (local.get $at)))
          (if (i32.gt_u (local.get $n) (global.get $packet_left)) (then (local.set $n (global.get $packet_left))))
          (if (i32.gt_u (local.get $n) (global.get $left)) (then (local.set $n (global.get $left))))
          (if (local.get $n)
            (then
              (call $body (local.get $at) (local.get $n))
              (local.set $at (i32.add (local.get $at) (local.get $n)))
              (global.set $packet_left (i32.sub (global.get $packet_left) (local.get $n)))
              (global.set $left (i32.sub (global.get $left) (local.get $n)))))
          (if (i32.eqz (global.get $left))
            (then
              (call $reserve (i32.const 0))
              (call $close_value)
              (call $end_value)
              (br $next)))
          (if (global.get $packet_left) (then (return (local.get $at))))))
      (if (i32.eqz (global.get $state))
        (then
          ;; The head of a packet, and the first byte of it.
          (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 5)) (then (return (local.get $at))))
          (call $begin_packet (local.get $at))
          (local.set $n (i32.load8_u offset=4 (local.get $at)))
          ;; A row whose last packet was a full one ends with an empty packet.
          (if (i32.eqz (global.get $packet_left))
            (then
              (local.set $at (i32.add (local.get $at) (i32.const 4)))
              (br $next)))
          ;; The end of the rows, or an error.
          (if (i32.or
                (i32.and (i32.eq (local.get $n) (i32.const 0xfe)) (i32.lt_u (global.get $packet_left) (i32.const 9)))
                (i32.eq (local.get $n) (i32.const 0xff)))
            (then
              (global.set $stopped (i32.const 1))
              (return (local.get $at))))
          (local.set $size (i32.add (i32.add (local.get $at) (global.get $packet_left)) (i32.const 4)))
          (if (i32.and
                (i32.le_u (local.get $size) (local.get $end))
                (i32.and (i32.eqz (global.get $packet_full)) (i32.ne (global.get $columns) (i32.const 0))))
            (then
              (call $whole_row (i32.add (local.get $at) (i32.const 4)) (local.get $size))
              (local.set $at (local.get $size))
              (br $next)))
          (call $reserve (i32.const 0))
          (call $put (i32.const 0x28))
          ;; Without columns, the one value that was asked for is none of the row.
          (if (i32.eqz (global.get $columns))
            (then
              (local.set $n (i32.add (global.get $packet_left) (i32.const 4)))
              (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (local.get $n))
                (then
                  (global.set $out (global.get $line))
                  (return (local.get $at))))
              (local.set $at (i32.add (local.get $at) (local.get $n)))
              (global.set $packet_left (i32.const 0))
              (call $end_value)
              (br $next)))
          (global.set $column (i32.const 0))
          (global.set $state (i32.const 1))
          (local.set $at (i32.add (local.get $at) (i32.const 4)))
          (br $next)))
      (if (i32.eqz (global.get $packet_left))
        (then
          ;; The row goes on in another packet.
          (if (i32.eqz (global.get $packet_full))
            (then
              (global.set $stopped (i32.const 2))
              (return (local.get $at))))
          (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 4)) (then (return (local.get $at))))
          (call $begin_packet (local.get $at))
          (local.set $at (i32.add (local.get $at) (i32.const 4)))
          (br $next)))
      ;; The length of a value.
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (local.get $at))))
      (local.set $size (call $length_size (i32.load8_u (local.get $at))))
      (local.set $length_place (local.get $at))
      (if (i32.le_u (local.get $size) (global.get $packet_left))
        (then
          (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (local.get $size)) (then (return (local.get $at))))
          (global.set $packet_left (i32.sub (global.get $packet_left) (local.get $size)))
          (local.set $at (i32.add (local.get $at) (local.get $size))))
        (else
          ;; The head of a packet stands in it.
          (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.add (local.get $size) (i32.const 4)))
            (then (return (local.get $at))))
          (local.set $n (global.get $packet_left))
          (local.set $length_place (i32.const 512))
          (memory.copy (i32.const 512) (local.get $at) (local.get $n))
          (local.set $at (i32.add (local.get $at) (local.get $n)))
          (call $begin_packet (local.get $at))
          (local.set $at (i32.add (local.get $at) (i32.const 4)))
          (local.set $n (i32.sub (local.get $size) (local.get $n)))
          (if (i32.lt_u (global.get $packet_left) (local.get $n))
            (then
              (global.set $stopped (i32.const 2))
              (return (local.get $at))))
          (memory.copy
            (i32.add (i32.const 512) (i32.sub (local.get $size) (local.get $n)))
            (local.get $at)
            (local.get $n))
          (local.set $at (i32.add (local.get $at) (local.get $n)))
          (global.set $packet_left (i32.sub (global.get $packet_left) (local.get $n)))))
      (call $reserve (i32.const 0))
      (if (global.get $column) (then (call $put (i32.const 0x2c))))
      (if (i32.eq (i32.load8_u (local.get $length_place)) (i32.const 0xfb))
        (then
          (i32.store align=1 (global.get $out) (i32.const 0x4c4c554e))
          (global.set $out (i32.add (global.get $out) (i32.const 4)))
          (call $end_value)
          (br $next)))
      (global.set $left (call $length_at (local.get $length_place)))
      (global.set $form (i32.load8_u offset=1024 (global.get $column)))
      (call $open_value)
      (global.set $state (i32.const 2))
      (br $next))
    (unreachable))

  ;; Forgets everything, for another result.
  (func (export "begin")
    (global.set $out (i32.const 0x20000))
    (global.set $line (i32.const 0x20000))
    (global.set $rows (i32.const 0))
    (global.set $stopped (i32.const 0))
    (global.set $inexact_line (i32.const 0))
    (global.set $inexact_rows (i32.const 0))
    (global.set $state (i32.const 0))
    (global.set $packet_left (i32.const 0))
    (global.set $packet_full (i32.const 0))
    (global.set $column (i32.const 0))
    (global.set $form (i32.const 0))
    (global.set $left (i32.const 0))
    (global.set $value (i32.const 0))
    (global.set $seen (i32.const 0)))

  ;; Forgets the whole lines, and moves what there is of another one to the beginning.
  (func (export "drop_lines")
    (local $moved i32)
    (local.set $moved (i32.sub (global.get $line) (global.get $output)))
    (memory.copy (global.get $output) (global.get $line) (i32.sub (global.get $out) (global.get $line)))
    (global.set $out (i32.sub (global.get $out) (local.get $moved)))
    (global.set $value (i32.sub (global.get $value) (local.get $moved)))
    (global.set $line (global.get $output))))
