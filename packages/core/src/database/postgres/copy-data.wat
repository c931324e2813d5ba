;; Takes the rows out of the messages of a COPY ... TO STDOUT (see copy-stream.ts).
;;
;; WebAssembly, because the server sends a message for each row: of short ones there are millions.
(module
  ;; 256 KB of input, where the rows are put together as well, and some space behind it.
  (memory (export "memory") 5)

  ;; Bytes of the message that are still to come.
  (global $left (export "left") (mut i32) (i32.const 0))
  ;; The end of the rows, which begin where the input does.
  (global $out (export "out") (mut i32) (i32.const 0))

  ;; A number of four bytes, the most significant first.
  (func $big_endian (param $at i32) (result i32)
    (local $number i32)
    (local.set $number (i32.load align=1 (local.get $at)))
    (i32.or
      (i32.and (i32.rotl (local.get $number) (i32.const 8)) (i32.const 0x00ff00ff))
      (i32.and (i32.rotr (local.get $number) (i32.const 8)) (i32.const 0xff00ff00))))

  ;; Puts the content of the CopyData messages of the first `end` bytes together. Returns where it stopped: at the head of
  ;; another message, or at a head that is cut.
  (func (export "take_rows") (param $end i32) (result i32)
    (local $at i32)
    (local $out i32)
    (local $length i32)
    (local $left i32)
    (local.set $left (global.get $left))
    (block $done
      (loop $next
        (local.set $length (i32.sub (local.get $end) (local.get $at)))
        (if (i32.lt_u (local.get $left) (local.get $length)) (then (local.set $length (local.get $left))))
        (memory.copy (local.get $out) (local.get $at) (local.get $length))
        (local.set $out (i32.add (local.get $out) (local.get $length)))
        (local.set $at (i32.add (local.get $at) (local.get $length)))
        (local.set $left (i32.sub (local.get $left) (local.get $length)))
        ;; The head: `d`, and the length without the `d`.
        (br_if $done (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 5)))
        (br_if $done (i32.ne (i32.load8_u (local.get $at)) (i32.const 100)))
        (local.set $left
          (i32.sub (call $big_endian (i32.add (local.get $at) (i32.const 1))) (i32.const 4)))
        (local.set $at (i32.add (local.get $at) (i32.const 5)))
        (br $next)))
    (global.set $left (local.get $left))
    (global.set $out (local.get $out))
    (local.get $at)))
