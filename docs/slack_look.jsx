// Draws a message, a modal or a Home tab as Slack does, for take_slack_pictures.py.
// The blocks come in `window.shown`; slack-blocks-to-jsx lays them out, the frames are ours.
import { createRoot } from "react-dom/client";
import { Message } from "slack-blocks-to-jsx";

const LOGO =
  "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' width='36' height='36'>" +
  "<rect width='36' height='36' rx='8' fill='%231f6f54'/><text x='18' y='25' fill='white' " +
  "font-size='20' text-anchor='middle' font-family='sans-serif'>✓</text></svg>";

const { kind, blocks, title, submit, close } = window.shown;
const drawn = (
  <Message
    logo={LOGO}
    name="Countersign"
    time={new Date(2026, 10, 23, 9, 30)}
    blocks={blocks}
    theme="light"
    withoutWrapper={kind !== "message"}
  />
);

function Modal() {
  return (
    <div className="modal">
      <header>
        <b>{title}</b>
        <span>×</span>
      </header>
      <main>{drawn}</main>
      <footer>
        {close && <span className="button">{close}</span>}
        {submit && <span className="button primary">{submit}</span>}
      </footer>
    </div>
  );
}

function Home() {
  return (
    <div className="home">
      <header>
        <img src={LOGO} alt="" />
        <b>Countersign</b>
        <nav>
          <b>Home</b>
          <span>Messages</span>
          <span>About</span>
        </nav>
      </header>
      <main>{drawn}</main>
    </div>
  );
}

const frames = { message: drawn, modal: <Modal />, home: <Home /> };
createRoot(document.getElementById("root")).render(frames[kind]);
