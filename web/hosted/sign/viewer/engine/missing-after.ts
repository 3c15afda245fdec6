/**
 * After pdf.js: its own `ArrayBuffer.transfer` for old browsers looks once, at its start, whether `structuredClone` is there. Finding this one it would call it,
 * and this one calls `transfer`, until the stack is full and every page stays white.
 */
import 'core-js/stable/structured-clone';
