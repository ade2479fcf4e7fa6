// Of the fields that say how variables are set, shows those that the chosen platform reads. Without this all are there.
const READS = {
  kubectl_secret: ["namespace", "holder", "service"],
  kubectl_configmap: ["namespace", "holder", "service"],
  compose: ["path", "service"],
  systemd: ["path", "service"],
  github: ["holder", "repository"],
  shell: ["path"],
  own: ["template", "unset_template"],
};
const FIELDS = ["namespace", "holder", "path", "repository", "service", "template", "unset_template"];

document.addEventListener("DOMContentLoaded", () => {
  const platform = document.getElementById("id_set_with");
  if (!platform) return;
  const show = () => {
    for (const name of FIELDS) {
      const row = document.querySelector(`.form-row.field-set_${name}`);
      const filled = row?.querySelector("input")?.value;
      // What was written for another platform stays in sight: a deployment of an empty choice reads it for its system's.
      if (row) row.hidden = !(READS[platform.value] ?? []).includes(name) && !filled;
    }
  };
  platform.addEventListener("change", show);
  show();
});
