// Plays the songs on the page: sound, waveform, words and chords that follow it, stems.
// The page draws everything (studio/ui/views/song.py); this finds it by data attributes.
(() => {
  // Stems are decoded whole; beyond this they are decoded at a lower rate, so that a phone copes.
  const MAX_STEM_SAMPLES = 48e6;
  const RATES = [44100, 32000, 22050, 16000];
  const SEEK_S = 5;
  const players = new Set();
  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

  // The stems of a song, mixed by the browser: all start at the same sample and stay together.
  class Stems {
    constructor(rows, gain) { this.rows = rows; this.gain = gain; this.sources = []; }

    async load(duration) {
      const rate = RATES.find((each) => each * duration * 2 * this.rows.length <= MAX_STEM_SAMPLES) || RATES.at(-1);
      const decoder = new OfflineAudioContext(2, 1, rate);
      this.context = new AudioContext();
      this.buffers = [];
      // One after the other: a decoder holds a whole stem twice while it works.
      for (const row of this.rows) {
        const answer = await fetch(row.dataset.url);
        if (!answer.ok) throw new Error(`${row.dataset.stem}: ${answer.status}`);
        this.buffers.push(await decoder.decodeAudioData(await answer.arrayBuffer()));
      }
      this.gains = this.rows.map(() => {
        const gain = this.context.createGain();
        gain.connect(this.context.destination);
        return gain;
      });
    }

    get position() { return this.sources.length ? this.from + (this.context.currentTime - this.began) : this.from; }

    mix(heard) {
      this.gains.forEach((gain, index) => gain.gain.setTargetAtTime(heard[index] ? this.gain : 0, this.context.currentTime, 0.015));
    }

    async play(from) {
      this.stop();
      await this.context.resume();
      this.from = from;
      this.began = this.context.currentTime + 0.03;
      this.sources = this.buffers.map((buffer, index) => {
        const source = this.context.createBufferSource();
        source.buffer = buffer;
        source.connect(this.gains[index]);
        source.start(this.began, from);
        return source;
      });
    }

    stop() {
      for (const source of this.sources) source.stop();
      this.sources = [];
    }

    close() { this.stop(); this.context?.close(); }
  }

  class Player {
    constructor(root) {
      this.root = root;
      this.audio = root.querySelector("audio");
      this.duration = 0;
      this.peaks = {};
      this.timed = [".st-sections", ".st-chords", ".st-lyrics"].map((where) => {
        const all = [...root.querySelectorAll(`${where} [data-seek]`)];
        return { box: root.querySelector(where), all, starts: all.map((each) => Number(each.dataset.seek)), at: -2 };
      });
      this.rows = [...root.querySelectorAll("[data-stem]")];
      this.listen();
      this.start();
    }

    async start() {
      try {
        if (this.root.dataset.player) {
          const data = await (await fetch(this.root.dataset.player)).json();
          this.peaks = data.peaks;
          this.duration = data.duration_s;
        } else {
          await this.readPeaks();
        }
      } catch (error) {
        // Without peaks it still plays; the line through the middle shows the position.
        console.warn("waveform:", error);
      }
      this.draw();
    }

    // Of a song with nothing beside it: from the sound itself.
    async readPeaks() {
      const bytes = await (await fetch(this.root.dataset.song)).arrayBuffer();
      const sound = await new OfflineAudioContext(1, 1, 8000).decodeAudioData(bytes);
      const data = sound.getChannelData(0);
      const count = Math.min(1200, data.length);
      this.duration = sound.duration;
      this.peaks = { mix: Array.from({ length: count }, (_, index) => {
        let peak = 0;
        for (let at = Math.floor(index * data.length / count); at < Math.floor((index + 1) * data.length / count); at += 1) peak = Math.max(peak, Math.abs(data[at]));
        return peak;
      }) };
      this.root.querySelector("[data-whole]").textContent = clock(this.duration);
    }

    listen() {
      const { root, audio } = this;
      root.addEventListener("click", (event) => this.click(event));
      for (const wave of root.querySelectorAll(".st-wave")) {
        const seek = (event) => {
          const box = wave.getBoundingClientRect();
          this.seek(clamp((event.clientX - box.left) / box.width, 0, 1) * this.length);
        };
        wave.addEventListener("pointerdown", (event) => { wave.setPointerCapture(event.pointerId); seek(event); });
        wave.addEventListener("pointermove", (event) => { if (event.buttons) seek(event); });
      }
      root.addEventListener("keydown", (event) => this.key(event));
      audio.addEventListener("loadedmetadata", () => {
        this.duration ||= audio.duration;
        root.querySelector("[data-whole]").textContent = clock(this.length);
        this.draw();
      });
      audio.addEventListener("ended", () => this.pause(0));
      audio.addEventListener("error", () => { root.querySelector("[data-trouble]").hidden = false; });
      this.resized = new ResizeObserver(() => this.draw());
      for (const wave of root.querySelectorAll(".st-wave")) this.resized.observe(wave);
      // Light and dark have other colours.
      this.themed = new MutationObserver(() => this.draw());
      this.themed.observe(document.body, { attributes: true, attributeFilter: ["class"] });
    }

    get length() { return this.duration || this.audio.duration || 0; }
    get usesStems() { return this.stems?.gains && this.heard.some((each) => !each); }
    get position() { return this.onStems ? Math.min(this.stems.position, this.length) : this.audio.currentTime; }
    get heard() {
      const pressed = (row, name) => row.querySelector(`[data-${name}]`).getAttribute("aria-pressed") === "true";
      const anySolo = this.rows.some((row) => pressed(row, "solo"));
      return this.rows.map((row) => !pressed(row, "mute") && (!anySolo || pressed(row, "solo")));
    }

    click(event) {
      const seek = event.target.closest("[data-seek]");
      const toggle = event.target.closest("[data-solo], [data-mute]");
      if (event.target.closest("[data-play]")) this.playing ? this.pause() : this.play();
      else if (toggle) this.toggle(toggle);
      else if (seek) { this.seek(Number(seek.dataset.seek)); if (!this.playing) this.play(); }
    }

    key(event) {
      if (event.target.closest("a, summary, button") && event.key === " ") return;
      const step = { ArrowLeft: -SEEK_S, ArrowRight: SEEK_S, Home: -Infinity, End: Infinity }[event.key];
      if (step && event.target.closest(".st-wave")) this.seek(clamp(this.position + step, 0, Math.max(0, this.length - 0.05)));
      else if (event.key === " ") this.playing ? this.pause() : this.play();
      else return;
      event.preventDefault();
    }

    async play() {
      for (const other of players) if (other !== this) other.pause();
      this.playing = true;
      this.show();
      const at = this.position >= this.length - 0.05 ? 0 : this.position;
      if (this.usesStems) { await this.playStems(at); return; }
      if (this.audio.currentTime !== at) this.audio.currentTime = at;
      try {
        await this.audio.play();
      } catch (error) {
        if (error.name === "AbortError") return;
        this.pause();
        this.root.querySelector("[data-trouble]").hidden = false;
        return;
      }
      this.announce();
      this.follow();
    }

    async playStems(at) {
      this.onStems = true;
      this.audio.pause();
      this.stems.mix(this.heard);
      await this.stems.play(at);
      this.announce();
      this.follow();
    }

    pause(at = this.position) {
      this.playing = false;
      this.audio.pause();
      if (this.onStems) { this.stems.stop(); this.stems.from = at; }
      if (Math.abs(this.audio.currentTime - at) > 0.01) this.audio.currentTime = at;
      this.show();
      this.mark();
    }

    seek(to) {
      if (this.onStems) { this.stems.from = to; if (this.playing) this.stems.play(to); }
      this.audio.currentTime = to;
      this.mark();
    }

    async toggle(button) {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      const busy = this.root.querySelector("[data-busy]");
      if (!this.stems) {
        this.stems = new Stems(this.rows, Number(this.root.querySelector("[data-stems]").dataset.stems));
        busy.hidden = false;
        try {
          await this.stems.load(this.length);
        } catch (error) {
          console.warn("stems:", error);
          this.stems = undefined;
          this.root.querySelector("[data-trouble]").hidden = false;
          return;
        } finally {
          busy.hidden = true;
        }
      }
      if (this.stems.gains) this.change();
    }

    // From the song to its stems or back, at the same place.
    change() {
      this.heard.forEach((heard, index) => this.rows[index].classList.toggle("is-silent", !heard));
      const wanted = this.usesStems;
      const at = this.position;
      if (wanted && this.onStems) { this.stems.mix(this.heard); return; }
      if (!wanted && !this.onStems) return;
      if (this.onStems) this.stems.stop();
      this.onStems = wanted;
      if (wanted) { this.audio.pause(); this.stems.from = at; } else this.audio.currentTime = at;
      if (this.playing) this.play();
    }

    follow() {
      if (!this.playing || !this.root.isConnected) return;
      if (this.onStems && this.stems.position >= this.length) { this.pause(0); return; }
      this.mark();
      requestAnimationFrame(() => this.follow());
    }

    show() {
      const button = this.root.querySelector("[data-play]");
      this.root.classList.toggle("is-playing", Boolean(this.playing));
      button.setAttribute("aria-label", this.playing ? button.dataset.on : button.dataset.off);
    }

    // What belongs to this moment.
    mark() {
      const now = this.position;
      const wave = this.root.querySelector("[role=slider]");
      this.root.querySelector("[data-now]").textContent = clock(now);
      wave.setAttribute("aria-valuenow", now.toFixed(0));
      wave.setAttribute("aria-valuemax", this.length.toFixed(0));
      wave.setAttribute("aria-valuetext", clock(now));
      for (const each of this.timed) this.markOne(each, now);
      this.draw();
    }

    markOne(timed, now) {
      let low = 0, high = timed.starts.length;
      while (low < high) { const middle = (low + high) >> 1; if (timed.starts[middle] <= now + 0.02) low = middle + 1; else high = middle; }
      if (low - 1 === timed.at) return;
      timed.all[timed.at]?.classList.remove("is-now");
      timed.all[timed.at]?.parentElement.classList.remove("is-now");
      timed.at = low - 1;
      const found = timed.all[timed.at];
      found?.classList.add("is-now");
      if (timed.box?.classList.contains("st-lyrics")) {
        found?.parentElement.classList.add("is-now");
        timed.all.forEach((each, index) => each.classList.toggle("is-sung", index <= timed.at));
      }
      if (found) this.bring(timed.box, timed.box.classList.contains("st-lyrics") ? found.parentElement : found);
    }

    // Scrolls the box alone, never the page.
    bring(box, item) {
      const [outer, inner] = [box.getBoundingClientRect(), item.getBoundingClientRect()];
      const left = inner.left - outer.left - (outer.width - inner.width) / 2;
      const top = inner.top - outer.top - (outer.height - inner.height) / 2;
      const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
      box.scrollTo({ left: box.scrollLeft + left, top: box.scrollTop + top, behavior });
    }

    draw() {
      const now = this.length ? this.position / this.length : 0;
      for (const wave of this.root.querySelectorAll(".st-wave")) {
        if (wave.clientWidth) drawWave(wave, this.peaks[wave.dataset.wave] || [], now);
      }
    }

    announce() {
      if (!navigator.mediaSession) return;
      const text = (where) => this.root.querySelector(where)?.textContent || "";
      const cover = this.root.querySelector(".st-cover");
      navigator.mediaSession.metadata = new MediaMetadata({ title: text(".st-song-title"), artist: "Studio", artwork: cover ? [{ src: cover.src }] : [] });
      navigator.mediaSession.setActionHandler("play", () => this.play());
      navigator.mediaSession.setActionHandler("pause", () => this.pause());
    }

    close() {
      this.playing = false;
      this.audio.pause();
      this.stems?.close();
      this.resized.disconnect();
      this.themed.disconnect();
    }
  }

  // Bars of a fixed width, so that a waveform looks the same on every screen.
  function drawWave(wave, peaks, now) {
    const canvas = wave.querySelector("canvas");
    const scale = devicePixelRatio || 1;
    const [width, height] = [wave.clientWidth, wave.clientHeight];
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    const colours = getComputedStyle(wave);
    const [played, ahead] = ["--st-accent", "--st-wave"].map((name) => colours.getPropertyValue(name));
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    const step = 4, bars = Math.floor(width / step);
    const loudest = Math.max(0.05, ...peaks);
    for (let bar = 0; bar < bars; bar += 1) {
      const from = Math.floor(bar * peaks.length / bars), to = Math.max(from + 1, Math.floor((bar + 1) * peaks.length / bars));
      let peak = 0;
      for (let at = from; at < to && at < peaks.length; at += 1) peak = Math.max(peak, peaks[at]);
      const tall = Math.max(2, peak / loudest * (height - 4));
      pen.fillStyle = (bar + 0.5) / bars <= now ? played : ahead;
      pen.beginPath();
      pen.roundRect(bar * step, (height - tall) / 2, step - 1.4, tall, 1.3);
      pen.fill();
    }
    pen.fillStyle = colours.getPropertyValue("--st-ink");
    pen.fillRect(clamp(now * width - 0.75, 0, width - 1.5), 0, 1.5, height);
  }

  // The page replaces what it shows; players come and go with it.
  const look = () => {
    for (const player of players) {
      if (!player.root.isConnected) { player.close(); players.delete(player); }
    }
    for (const root of document.querySelectorAll(".st-song:not([data-alive])")) {
      root.dataset.alive = "";
      players.add(new Player(root));
    }
  };
  addEventListener("DOMContentLoaded", () => {
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
    look();
  });
})();
