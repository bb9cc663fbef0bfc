// Shows every camera's stream, and beside it what the board makes of it: /state, a few times a second.
"use strict";

const EVERY_MS = 250;
const LATE_S = 3;      // an older picture is said to be old
const shown = new Map();
let away = false;

function make(template) {
  return document.getElementById(template).content.firstElementChild.cloneNode(true);
}

function look(section, camera) {
  const times = ++section.dataset.times;
  section.querySelector("img").src = `stream?camera=${encodeURIComponent(camera)}&n=${times}`;
}

function sectionOf(camera) {
  if (!shown.has(camera)) {
    const section = make("camera");
    section.dataset.times = 0;
    section.querySelector("h2").textContent = camera;
    document.getElementById("cameras").append(section);
    shown.set(camera, section);
    look(section, camera);
  }
  return shown.get(camera);
}

function personOf(seen, labels) {
  const person = make("person");
  person.querySelector("h3").textContent =
    `Person ${seen.person}: ` + (seen.action ? `${seen.action} (${Math.round(100 * seen.confidence)} %)` : "no action");
  const list = person.querySelector("dl");
  seen.probabilities.forEach((share, index) => {
    const [name, bar, number] = ["dt", "dd", "dd"].map((tag) => document.createElement(tag));
    const meter = document.createElement("meter");
    name.textContent = labels[index];
    if (labels[index] === seen.action) name.className = "now";
    meter.value = share;
    meter.textContent = number.textContent = `${Math.round(100 * share)} %`;
    number.className = "share";
    bar.append(meter);
    list.append(name, bar, number);
  });
  return person;
}

function show(view) {
  const section = sectionOf(view.camera);
  const late = view.age_s === null || view.age_s > LATE_S;
  section.classList.toggle("late", late);
  section.querySelector("figcaption").textContent =
    view.age_s === null ? "no picture yet" :
    late ? `no new picture for ${Math.round(view.age_s)} s` :
    `${view.latency_ms} ms from capture to decision (95 % within ${view.latency_p95_ms} ms), ${view.fps} pictures a second`;
  const nobody = document.createElement("p");
  nobody.textContent = late ? "" : "Nobody is seen.";
  section.querySelector(".people").replaceChildren(
    ...(view.people.length && !late ? view.people.map((seen) => personOf(seen, view.labels)) : [nobody]));
}

async function refresh() {
  const status = document.getElementById("model");
  try {
    const answer = await fetch("state");
    if (answer.status === 403) return location.reload();
    const views = await answer.json();
    if (away) for (const [camera, section] of shown) look(section, camera);
    away = false;
    views.forEach(show);
    status.textContent = views.map((view) => view.model).find(Boolean) || "waiting for the first picture …";
  } catch {
    away = true;
    status.textContent = "the board does not answer; trying again …";
  }
  setTimeout(refresh, EVERY_MS);
}

refresh();
