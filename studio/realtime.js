// The connection to the Realtime API.

export class Realtime {
  #socket = null;
  #open = null;

  constructor(listen, lose) {
    this.listen = listen;
    this.lose = lose;
  }

  // Returns once the session has been created; opens a connection only where there is none.
  open() {
    this.#open ??= new Promise((resolve, reject) => {
      const address = new URL("/v1/realtime?model=parlando", location.href);
      address.protocol = address.protocol.replace("http", "ws");
      const socket = (this.#socket = new WebSocket(address));
      socket.onmessage = ({ data }) => {
        const event = JSON.parse(data);
        if (event.type === "session.created") resolve();
        this.listen(event);
      };
      socket.onclose = () => {
        this.#open = null;
        reject(new Error("The service does not answer."));
        this.lose();
      };
    });
    return this.#open;
  }

  send(type, fields = {}) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type, ...fields }));
  }
}

export function pcmOf(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new Int16Array(bytes.buffer); // little-endian, as every machine with a browser is
}
