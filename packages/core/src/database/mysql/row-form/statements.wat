;; Puts lines of the row form into INSERT statements and takes them out again (see statements.ts).
;;
;; WebAssembly with SIMD, because every byte of a table passes here. The caller leaves 16 bytes of 0 behind what is
;; looked at, which no literal and no line goes on with: nothing is read beyond them.
(module
  ;; 0:       the form of each column, a byte: 0 number, 1 double, 2 text, 3 ascii, 4 bytes, 5 any
  ;; 0x10000: the text, and what becomes of it
  (memory (export "memory") 2)

  ;; Where `unwrap` is, and the end of the lines that it has made.
  (global $at (export "at") (mut i32) (i32.const 0))
  (global $out (export "out") (mut i32) (i32.const 0))

  ;; The first newline from `at` on, or `end`.
  (func $find_newline (param $at i32) (param $end i32) (result i32)
    (local $hits i32)
    (loop $search
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (local.get $end))))
      (local.set $hits (i8x16.bitmask (i8x16.eq (v128.load align=1 (local.get $at)) (i8x16.splat (i32.const 10)))))
      (if (i32.eqz (local.get $hits))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br $search))))
    (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $hits))))
    (select (local.get $at) (local.get $end) (i32.lt_u (local.get $at) (local.get $end))))

  (func $is_digit (param $byte i32) (result i32)
    (i32.lt_u (i32.sub (local.get $byte) (i32.const 48)) (i32.const 10)))

  ;; What may stand behind a backslash: 0 n r Z ' \
  (func $is_escape (param $byte i32) (result i32)
    (i32.or
      (i32.or
        (i32.or (i32.eq (local.get $byte) (i32.const 48)) (i32.eq (local.get $byte) (i32.const 110)))
        (i32.or (i32.eq (local.get $byte) (i32.const 114)) (i32.eq (local.get $byte) (i32.const 90))))
      (i32.or (i32.eq (local.get $byte) (i32.const 39)) (i32.eq (local.get $byte) (i32.const 92)))))

  ;; Behind the closing quote of a string whose text begins at `at`, or -1: a byte that has to be escaped, an unknown
  ;; escape, no end.
  (func $string_end (param $at i32) (result i32)
    (local $bytes v128)
    (local $hits i32)
    (local $byte i32)
    (loop $next
      (local.set $bytes (v128.load align=1 (local.get $at)))
      (local.set $hits
        (i8x16.bitmask
          (v128.or
            (v128.or
              (v128.or
                (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 39)))
                (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 92))))
              (v128.or
                (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0)))
                (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 10)))))
            (v128.or
              (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 13)))
              (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 26)))))))
      (if (i32.eqz (local.get $hits))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br $next)))
      (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $hits))))
      (local.set $byte (i32.load8_u (local.get $at)))
      (if (i32.eq (local.get $byte) (i32.const 39)) (then (return (i32.add (local.get $at) (i32.const 1)))))
      (if (i32.ne (local.get $byte) (i32.const 92)) (then (return (i32.const -1))))
      (if (i32.eqz (call $is_escape (i32.load8_u offset=1 (local.get $at)))) (then (return (i32.const -1))))
      (local.set $at (i32.add (local.get $at) (i32.const 2)))
      (br $next))
    (unreachable))

  ;; Behind the hexadecimal digits that begin at `at`, or -1 if there is none or half a byte.
  (func $hex_end (param $start i32) (result i32)
    (local $at i32)
    (local $bytes v128)
    (local $others i32)
    (local.set $at (local.get $start))
    (loop $next
      (local.set $bytes (v128.load align=1 (local.get $at)))
      (local.set $others
        (i32.xor
          (i32.const 0xffff)
          (i8x16.bitmask
            (v128.or
              (i8x16.lt_u
                (i8x16.sub (local.get $bytes) (i8x16.splat (i32.const 48)))
                (i8x16.splat (i32.const 10)))
              (i8x16.lt_u
                (i8x16.sub (local.get $bytes) (i8x16.splat (i32.const 97)))
                (i8x16.splat (i32.const 6)))))))
      (if (i32.eqz (local.get $others))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br $next))))
    (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $others))))
    (if (i32.eq (local.get $at) (local.get $start)) (then (return (i32.const -1))))
    (if (i32.and (i32.sub (local.get $at) (local.get $start)) (i32.const 1)) (then (return (i32.const -1))))
    (local.get $at))

  ;; Behind the digits that begin at `at`, or -1 if there is none.
  (func $digits_end (param $start i32) (result i32)
    (local $at i32)
    (local.set $at (local.get $start))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (call $is_digit (i32.load8_u (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (select (i32.const -1) (local.get $at) (i32.eq (local.get $at) (local.get $start))))

  ;; -12.5e-3
  (func $number_end (param $at i32) (result i32)
    (local $byte i32)
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 45))
      (then (local.set $at (i32.add (local.get $at) (i32.const 1)))))
    (local.set $at (call $digits_end (local.get $at)))
    (if (i32.eq (local.get $at) (i32.const -1)) (then (return (i32.const -1))))
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 46))
      (then (local.set $at (call $digits_end (i32.add (local.get $at) (i32.const 1))))))
    (if (i32.eq (local.get $at) (i32.const -1)) (then (return (i32.const -1))))
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 101)) (then (return (local.get $at))))
    (local.set $byte (i32.load8_u offset=1 (local.get $at)))
    (call $digits_end
      (i32.add
        (local.get $at)
        (select
          (i32.const 2)
          (i32.const 1)
          (i32.or (i32.eq (local.get $byte) (i32.const 45)) (i32.eq (local.get $byte) (i32.const 43)))))))

  ;; Behind the literal that begins at `at`, or -1 if there is none of this form.
  (func $literal_end (param $at i32) (param $form i32) (result i32)
    (local $first i32)
    (local $end i32)
    (local $is_number i32)
    (local.set $first (i32.load8_u (local.get $at)))
    (local.set $is_number (i32.lt_u (local.get $form) (i32.const 2)))

    (if (i32.eq (local.get $first) (i32.const 39))
      (then
        (local.set $end (call $string_end (i32.add (local.get $at) (i32.const 1))))
        ;; The only string that bytes may be is the empty one, for no bytes.
        (if (local.get $is_number) (then (return (i32.const -1))))
        (if
          (i32.and
            (i32.eq (local.get $form) (i32.const 4))
            (i32.ne (local.get $end) (i32.add (local.get $at) (i32.const 2))))
          (then (return (i32.const -1))))
        (return (local.get $end))))

    ;; NULL
    (if (i32.eq (local.get $first) (i32.const 78))
      (then
        (return
          (select
            (i32.add (local.get $at) (i32.const 4))
            (i32.const -1)
            (i32.eq (i32.load align=1 (local.get $at)) (i32.const 0x4c4c554e))))))

    ;; 0x
    (if (i32.eq (i32.load16_u align=1 (local.get $at)) (i32.const 0x7830))
      (then
        (if (i32.lt_u (local.get $form) (i32.const 3)) (then (return (i32.const -1))))
        (return (call $hex_end (i32.add (local.get $at) (i32.const 2))))))

    (if (i32.or (local.get $is_number) (i32.eq (local.get $form) (i32.const 5)))
      (then (return (call $number_end (local.get $at)))))
    (i32.const -1))

  ;; Behind the row that begins at `at`: `(`, one literal for each column, `)`. -1 if it is anything else.
  (func $row_end (param $at i32) (param $columns i32) (result i32)
    (local $column i32)
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 40)) (then (return (i32.const -1))))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $column) (local.get $columns)))
        (if (local.get $column)
          (then
            (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 44)) (then (return (i32.const -1))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))))
        (local.set $at (call $literal_end (local.get $at) (i32.load8_u (local.get $column))))
        (if (i32.eq (local.get $at) (i32.const -1)) (then (return (i32.const -1))))
        (local.set $column (i32.add (local.get $column) (i32.const 1)))
        (br $next)))
    (select
      (i32.add (local.get $at) (i32.const 1))
      (i32.const -1)
      (i32.eq (i32.load8_u (local.get $at)) (i32.const 41))))

  ;; Takes the rows of one statement, from `at` on, and writes them as lines to `out`, which may be the same place or one
  ;; before it. Returns 0 behind the statement, or what is wrong at `at`: 1 a row, 2 what stands behind one. Rows that are
  ;; `known` to be right are not looked at.
  (func (export "unwrap") (param $end i32) (param $columns i32) (param $known i32) (result i32)
    (local $row_end i32)
    (local $behind i32)
    (local $length i32)
    (loop $row
      (if (local.get $known)
        (then
          (local.set $row_end
            (i32.sub (call $find_newline (global.get $at) (local.get $end)) (i32.const 1)))
          (if (i32.le_s (local.get $row_end) (global.get $at)) (then (return (i32.const 1)))))
        (else
          (local.set $row_end (call $row_end (global.get $at) (local.get $columns)))
          (if (i32.eq (local.get $row_end) (i32.const -1)) (then (return (i32.const 1))))))
      (local.set $behind (i32.load16_u align=1 (local.get $row_end)))
      ;; `,` or `;` and a newline
      (if
        (i32.and
          (i32.ne (local.get $behind) (i32.const 0x0a2c))
          (i32.ne (local.get $behind) (i32.const 0x0a3b)))
        (then
          (global.set $at (local.get $row_end))
          (return (i32.const 2))))
      (local.set $length (i32.sub (local.get $row_end) (global.get $at)))
      (memory.copy (global.get $out) (global.get $at) (local.get $length))
      (global.set $out (i32.add (global.get $out) (local.get $length)))
      (i32.store8 (global.get $out) (i32.const 10))
      (global.set $out (i32.add (global.get $out) (i32.const 1)))
      (global.set $at (i32.add (local.get $row_end) (i32.const 2)))
      (br_if $row (i32.eq (local.get $behind) (i32.const 0x0a2c))))
    (i32.const 0))

  ;; Writes lines to `out`, with `,` at the end of each and `;` at the end of the last. Returns the end.
  (func (export "wrap") (param $at i32) (param $end i32) (param $out i32) (result i32)
    (local $line_end i32)
    (local $length i32)
    (loop $line
      (local.set $line_end (call $find_newline (local.get $at) (local.get $end)))
      (local.set $length (i32.sub (local.get $line_end) (local.get $at)))
      (memory.copy (local.get $out) (local.get $at) (local.get $length))
      (local.set $out (i32.add (local.get $out) (local.get $length)))
      (i32.store16 align=1 (local.get $out) (i32.const 0x0a2c))
      (local.set $out (i32.add (local.get $out) (i32.const 2)))
      (local.set $at (i32.add (local.get $line_end) (i32.const 1)))
      (br_if $line (i32.lt_u (local.get $at) (local.get $end))))
    (i32.store8 (i32.sub (local.get $out) (i32.const 2)) (i32.const 59))
    (local.get $out))

  (func (export "count_lines") (param $at i32) (param $end i32) (result i32)
    (local $count i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $count
          (i32.add
            (local.get $count)
            (i32.popcnt
              (i8x16.bitmask (i8x16.eq (v128.load align=1 (local.get $at)) (i8x16.splat (i32.const 10)))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (local.get $count)))
