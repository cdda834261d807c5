// Two clips on top of each other, before and after: they play as one, and a line parts them.
// The page draws them (studio/ui/views/clip.py); this finds them by data-compare.
(() => {
  const APART_S = 0.06;
  const found = (node) => node instanceof Element && node.closest("[data-compare]");
  const pair = (box) => box.querySelectorAll("video");

  const follow = (box) => {
    const [after, before] = pair(box);
    if (Math.abs(before.currentTime - after.currentTime) > APART_S) before.currentTime = after.currentTime;
    before.playbackRate = after.playbackRate;
    if (after.paused !== before.paused) {
      if (after.paused) before.pause(); else before.play().catch(() => { /* it stays as it is */ });
    }
  };

  // Events of players do not bubble, but are seen on their way down.
  for (const name of ["play", "pause", "seeking", "seeked", "timeupdate", "ratechange"]) {
    document.addEventListener(name, (event) => {
      const box = found(event.target);
      if (box && event.target === pair(box)[0]) follow(box);
    }, true);
  }

  document.addEventListener("input", (event) => {
    const box = found(event.target);
    if (box && event.target.type === "range") box.style.setProperty("--at", `${event.target.value}%`);
  });
})();
