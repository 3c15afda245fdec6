/** What pdf.js takes for granted and Chromium 86 lacks; for what is newer still its legacy build brings its own. */
import 'core-js/stable/array/at';
import 'core-js/stable/array/find-last';
import 'core-js/stable/array/find-last-index';
import 'core-js/stable/array/to-reversed';
import 'core-js/stable/array/to-sorted';
import 'core-js/stable/array/to-spliced';
import 'core-js/stable/array/with';
import 'core-js/stable/object/has-own';
import 'core-js/stable/string/at';
import 'core-js/stable/string/is-well-formed';
import 'core-js/stable/string/to-well-formed';
import 'core-js/stable/typed-array/at';
import 'core-js/stable/typed-array/find-last';
import 'core-js/stable/typed-array/find-last-index';
import 'core-js/stable/typed-array/to-reversed';
import 'core-js/stable/typed-array/to-sorted';
import 'core-js/stable/typed-array/with';
