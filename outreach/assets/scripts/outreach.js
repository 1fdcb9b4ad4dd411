// What pages do better with JavaScript; each of them works without.
import { initAll } from "./vendor/govuk-frontend-6.3.0.min.js";
document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

import "./hold.js";
import "./copy.js";
import "./countdown.js";
import "./print.js";
import "./points.js";
import "./ticks.js";
import "./palette.js";
import "./keys.js";
import "./calendar.js";
import "./live_preview.js";
