;; Looks at lines of COPY's text format: the right number of fields in each, and nothing but the escapes that COPY writes.
;;
;; WebAssembly, because it looks at 16 bytes at a time; a loop in JavaScript takes ten times as long.
;; The rows come in slices of any size. What has to be known at the beginning of the next one stands in the globals.
(module
  ;; 256 KB of input, which stays in the processor's cache, and one page behind it, so that reading 16 bytes from the
  ;; last one of the input is in bounds.
  (memory (export "memory") 5)

  ;; Tabs in the line so far.
  (global $tabs (export "tabs") (mut i32) (i32.const 0))
  ;; Where the field begins, counted from the beginning of the slice: below 0 if it began in an earlier one.
  (global $field (export "field") (mut i32) (i32.const 0))
  ;; 0, or 1 behind a backslash, or 2 behind `\N`.
  (global $mode (export "mode") (mut i32) (i32.const 0))

  ;; What may follow a backslash inside of a field: b f n r t v \
  (func $is_escape (param $byte i32) (result i32)
    (i32.or
      (i32.or
        (i32.or (i32.eq (local.get $byte) (i32.const 98)) (i32.eq (local.get $byte) (i32.const 102)))
        (i32.or (i32.eq (local.get $byte) (i32.const 110)) (i32.eq (local.get $byte) (i32.const 114))))
      (i32.or
        (i32.or (i32.eq (local.get $byte) (i32.const 116)) (i32.eq (local.get $byte) (i32.const 118)))
        (i32.eq (local.get $byte) (i32.const 92)))))

  ;; The place of the first byte from `at` on that means something: up to 13, or a backslash. `end` if there is none.
  (func $find (param $at i32) (param $end i32) (result i32)
    (local $bytes v128)
    (local $hits i32)
    (loop $search
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (local.get $end))))
      (local.set $bytes (v128.load align=1 (local.get $at)))
      (local.set $hits
        (i8x16.bitmask
          (v128.or
            (i8x16.le_u (local.get $bytes) (v128.const i8x16 13 13 13 13 13 13 13 13 13 13 13 13 13 13 13 13))
            (i8x16.eq (local.get $bytes) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92)))))
      (if (i32.eqz (local.get $hits))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br $search))))
    ;; A hit may lie behind the end, in what an earlier slice has left there.
    (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $hits))))
    (select (local.get $at) (local.get $end) (i32.lt_u (local.get $at) (local.get $end))))

  ;; Looks at the first `end` bytes of the input. Every line has to have `wanted` tabs; if `bare`, a line has to be empty.
  ;; Returns 0, or what is wrong: 1 the number of fields, 2 a field where there are no columns, 3 an escape, 4 a control
  ;; character.
  (func (export "check") (param $end i32) (param $wanted i32) (param $bare i32) (result i32)
    (local $at i32)
    (local $byte i32)
    (block $done
      (loop $next
        (if (global.get $mode)
          (then
            (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
            (local.set $byte (i32.load8_u (local.get $at)))
            (if (i32.eq (global.get $mode) (i32.const 2))
              (then
                ;; `\N` is all of its field: the end of the field follows, which is looked at as any other.
                (if (i32.gt_u (i32.sub (local.get $byte) (i32.const 9)) (i32.const 1)) (then (return (i32.const 3))))
                (global.set $mode (i32.const 0)))
              (else
                (if (call $is_escape (local.get $byte))
                  (then (global.set $mode (i32.const 0)))
                  (else
                    (if (i32.ne (local.get $byte) (i32.const 78)) (then (return (i32.const 3))))
                    (if (i32.ne (global.get $field) (i32.sub (local.get $at) (i32.const 1)))
                      (then (return (i32.const 3))))
                    (global.set $mode (i32.const 2))))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br $next)))))

        (local.set $at (call $find (local.get $at) (local.get $end)))
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $byte (i32.load8_u (local.get $at)))

        (if (i32.eq (local.get $byte) (i32.const 92))
          (then (global.set $mode (i32.const 1)))
          (else
            (if (i32.eq (local.get $byte) (i32.const 9))
              (then (global.set $tabs (i32.add (global.get $tabs) (i32.const 1))))
              (else
                (if (i32.ne (local.get $byte) (i32.const 10))
                  (then
                    ;; 1 to 7 stand in rows as they are.
                    (if (i32.and (i32.ne (local.get $byte) (i32.const 0)) (i32.lt_u (local.get $byte) (i32.const 8)))
                      (then
                        (local.set $at (i32.add (local.get $at) (i32.const 1)))
                        (br $next)))
                    (return (i32.const 4))))
                (if (i32.ne (global.get $tabs) (local.get $wanted)) (then (return (i32.const 1))))
                (if (i32.and (local.get $bare) (i32.ne (global.get $field) (local.get $at)))
                  (then (return (i32.const 2))))
                (global.set $tabs (i32.const 0))))
            (global.set $field (i32.add (local.get $at) (i32.const 1)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (global.set $field (i32.sub (global.get $field) (local.get $end)))
    (i32.const 0)))
