"use strict";
const MOST_GONE = 8;
const at = (id) => document.getElementById(id);
const clock = (when) => new Date(when).toLocaleTimeString();
const people = new Map();
let dropped = 0;

function person({ Name, Similarity, Since, Last }, here) {
  const item = document.createElement("li");
  const [name, sure, when] = ["b", "span", "small"].map((kind) => document.createElement(kind));
  name.textContent = Name;
  sure.textContent = `${Similarity.toFixed(1)} %`;
  when.textContent = here ? `since ${clock(Since)}` : `${clock(Since)} to ${clock(Last)}`;
  item.append(name, sure, when);
  return item;
}

function state(colour, words) {
  at("dot").className = `dot ${colour}`;
  at("state").textContent = words;
}

function look(told) {
  for (const one of told.People) people.set(one.Name, { ...one, Last: told.At });
  const here = new Set(told.People.map((one) => one.Name));
  const gone = [...people.values()].filter((one) => !here.has(one.Name));
  gone.sort((one, other) => (one.Last < other.Last ? 1 : -1));
  gone.splice(MOST_GONE).forEach((one) => people.delete(one.Name));
  at("here").replaceChildren(...told.People.map((one) => person(one, true)));
  at("gone").replaceChildren(...gone.map((one) => person(one, false)));
  at("nobody").hidden = here.size > 0;
  at("before").hidden = gone.length === 0;
  at("unknown").hidden = !told.Unknown;
  at("unknown").textContent = `and ${told.Unknown} unknown`;
  const left = dropped ? `, ${dropped} frames dropped` : "";
  state("on", `${clock(told.At)}, shown ${told.LateMs} ms later${left}`);
}

function end(words) {
  events.close();
  at("picture").remove();
  at("end").textContent = words;
  at("end").hidden = false;
  at("now").hidden = true;
  state("off", "ended");
}

const events = new EventSource("live/told");
events.addEventListener("look", (event) => look(JSON.parse(event.data)));
events.addEventListener("dropped", (event) => (dropped = Number(event.data)));
events.addEventListener("end", (event) => end(event.data));
events.addEventListener("error", () => {
  if (events.readyState === EventSource.CLOSED) end("This page has ended. Open it again: beholden streams view");
  else state("off", "the server does not answer");
});
