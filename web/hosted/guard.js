/* Runs in every browser, so: ES5, no module. The island sets data-island; where it did not, the person reads why. */
(() => {
  function check() {
    var root = document.documentElement;
    if (root.getAttribute('data-island')) return;
    var old = document.getElementById('too-old');
    var sheet = document.getElementById('sheet');
    if (!old) return;
    old.removeAttribute('hidden');
    if (sheet) sheet.setAttribute('hidden', 'hidden');
    root.setAttribute('data-state', 'too-old');
  }
  if (window.addEventListener) window.addEventListener('load', check);
  else window.attachEvent('onload', check);
})();
