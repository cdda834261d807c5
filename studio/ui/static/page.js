// Runs in the page before anything else: language, light or dark, dropped files, shortcuts.
// Asks no other host for anything.
(() => {
  const recall = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const remember = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private window */ } };

  // The browser's language unless another was chosen here. The page's framework reads it from
  // `navigator`, so that is where a choice has to be visible.
  const wanted = recall("studio-language") || navigator.language || "en";
  const language = wanted.toLowerCase().startsWith("zh") ? "zh" : "en";
  const locale = language === "zh" ? "zh-CN" : "en";
  Object.defineProperty(navigator, "language", { get: () => locale });
  Object.defineProperty(navigator, "languages", { get: () => [locale] });
  document.documentElement.lang = locale;
  window.studio = { language };

  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => { const chosen = recall("studio-theme"); return chosen ? chosen === "dark" : system.matches; };
  const paint = () => {
    const dark = isDark();
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    if (document.body && document.body.classList.contains("dark") !== dark) {
      document.body.classList.toggle("dark", dark);
    }
  };
  paint();
  system.addEventListener("change", paint);
  addEventListener("DOMContentLoaded", () => {
    paint();
    // The framework paints by the system's wish while it starts; the person's goes first.
    new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  });

  const press = (id) => document.querySelector(`#${id}`)?.click();
  const isPhone = () => innerWidth < 900;

  addEventListener("click", (event) => {
    const own = event.target.closest?.("[data-studio]")?.dataset.studio;
    if (own === "theme") { remember("studio-theme", isDark() ? "light" : "dark"); paint(); }
    if (own === "language") { remember("studio-language", language === "zh" ? "en" : "zh"); location.reload(); }
    if (isPhone() && event.target.closest?.("#create, [data-act=kind-now], [data-act=vary], [data-act=edit]")) {
      const goal = event.target.closest("[data-act=edit]") ? "#start" : "#stage";
      // Twice: the first answer makes the page longer, which ends a scroll under way.
      for (const wait of [300, 1200]) {
        setTimeout(() => document.querySelector(goal)?.scrollIntoView({ behavior: "smooth", block: "start" }), wait);
      }
    }
  });

  addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) press("create");
    if (event.key === "Escape") document.querySelector(".st-sheet [data-act=close]")?.click();
  });

  // A file dropped anywhere but on a field that takes files itself brings its settings back.
  const carriesFiles = (event) => Array.from(event.dataTransfer?.types || []).includes("Files");
  const takesFiles = (event) => event.target.closest?.("#start-editor, #bring-back");
  const show = (on) => document.body.classList.toggle("st-dropping", on);
  let depth = 0;
  addEventListener("dragenter", (event) => { if (carriesFiles(event)) { depth += 1; show(!takesFiles(event)); } });
  addEventListener("dragleave", (event) => { if (carriesFiles(event)) { depth = Math.max(0, depth - 1); if (!depth) show(false); } });
  addEventListener("dragover", (event) => { if (carriesFiles(event) && !takesFiles(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    depth = 0; show(false);
    if (!carriesFiles(event) || takesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files.length) openFile(event.dataTransfer.files[0]);
  });

  // A field gets a file as if it had been chosen there.
  const put = (field, file) => {
    const files = new DataTransfer();
    files.items.add(file);
    field.files = files.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const openFile = (file) => {
    // The upload button's own field stands right before it.
    const field = document.querySelector("#bring-back")?.previousElementSibling;
    if (field) put(field, file);
  };

  // A row of presets goes sideways under a wheel, and stays with the chosen one when drawn anew.
  addEventListener("wheel", (event) => {
    const row = event.target.closest?.(".st-presets");
    const step = Math.abs(event.deltaY) > Math.abs(event.deltaX) ? event.deltaY : 0;
    if (!row || !step || event.ctrlKey) return;
    const before = row.scrollLeft;
    row.scrollLeft += step;
    if (row.scrollLeft !== before) event.preventDefault();
  }, { passive: false });
  const keepInView = () => {
    const chosen = document.querySelector("#presets .st-preset[aria-pressed=true]");
    const row = chosen?.parentElement;
    if (!row) return;
    const most = chosen.offsetLeft - row.offsetLeft;
    const least = most + chosen.offsetWidth - row.clientWidth;
    if (row.scrollLeft > most || row.scrollLeft < least) row.scrollLeft = most - 8;
  };
  addEventListener("DOMContentLoaded", () => {
    new MutationObserver((changes) => {
      if (changes.some((each) => each.target.closest?.("#presets"))) keepInView();
    }).observe(document.body, { childList: true, subtree: true });
  });

  // The picture editor takes no notice of what it cannot show, and takes minutes over what is far
  // too large. Such a file goes where it is told in a line what is wrong with it.
  const MOST_PIXELS = 64_000_000;
  const seen = new WeakSet();
  const isShown = async (file) => {
    try {
      const picture = await createImageBitmap(file);
      const pixels = picture.width * picture.height;
      picture.close();
      return pixels <= MOST_PIXELS;
    } catch { return false; }
  };
  const giveEditor = async (field, file) => {
    if (!(await isShown(file))) return openFile(file);
    seen.add(file);
    put(field, file);
  };
  addEventListener("change", (event) => {
    const field = event.target;
    if (!field.matches?.("#start-editor input[type=file]") || !field.files.length) return;
    const file = field.files[0];
    if (seen.has(file)) return;
    event.stopImmediatePropagation();
    giveEditor(field, file);
  }, { capture: true });
  addEventListener("drop", (event) => {
    const field = event.target.closest?.("#start-editor")?.querySelector("input[type=file]");
    const file = event.dataTransfer?.files[0];
    if (!field || !file) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    depth = 0; show(false);
    giveEditor(field, file);
  }, { capture: true });
})();
