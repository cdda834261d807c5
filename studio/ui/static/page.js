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
    // The upload button's own field stands next to it.
    const field = document.querySelector("#bring-back")?.parentElement.querySelector(":scope > input[type=file]");
    const files = new DataTransfer();
    if (!field || !event.dataTransfer.files.length) return;
    files.items.add(event.dataTransfer.files[0]);
    field.files = files.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
})();
