import "@cloudscape-design/global-styles/index.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Console } from "./console";
import { showAppearance } from "./frame/appearance";

const place = document.getElementById("console");
if (!place) throw new Error("index.html has no element `console`.");
showAppearance();
createRoot(place).render(
  <StrictMode>
    <Console />
  </StrictMode>,
);
