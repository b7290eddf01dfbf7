// How Teams asks Microsoft's Adaptive Cards renderer to look: its published host
// configuration (https://github.com/microsoft/AdaptiveCards, samples/HostConfig), with
// the colours of today's light theme, which are readable on their backgrounds.

const pair = (colour, subtle) => ({ default: colour, subtle });

const foregroundColors = {
  default: pair("#242424", "#616161"),
  dark: pair("#242424", "#616161"),
  light: pair("#ffffff", "#f5f5f5"),
  accent: pair("#5b5fc7", "#7579d0"),
  good: pair("#237b4b", "#3b8a5f"),
  warning: pair("#835b00", "#97731f"),
  attention: pair("#c4314b", "#cc4a61"),
};

const style = (backgroundColor, borderColor) => ({ backgroundColor, borderColor, foregroundColors });

const font = (fontFamily) => ({
  fontFamily,
  fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 },
  fontWeights: { lighter: 300, default: 400, bolder: 600 },
});

export const HOST_CONFIG = {
  choiceSetInputValueSeparator: ",",
  supportsInteractivity: true,
  spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
  separator: { lineThickness: 1, lineColor: "#e0e0e0" },
  imageSizes: { small: 32, medium: 52, large: 100 },
  fontTypes: {
    default: font('"Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif'),
    monospace: font('Consolas, Menlo, "Liberation Mono", monospace'),
  },
  textStyles: {
    heading: { fontType: "default", size: "large", weight: "bolder", color: "default", isSubtle: false },
  },
  textBlock: { headingLevel: 3 },
  containerStyles: {
    default: style("#ffffff", "#d1d1d1"),
    emphasis: style("#f5f5f5", "#d1d1d1"),
    accent: style("#e8ebfa", "#5b5fc7"),
    good: style("#e7f2da", "#92c353"),
    attention: style("#fcf4f6", "#c4314b"),
    warning: style("#fbf6d9", "#f8d22a"),
  },
  factSet: {
    spacing: 16,
    title: {
      color: "default",
      size: "default",
      isSubtle: false,
      weight: "bolder",
      wrap: true,
      maxWidth: 150,
    },
    value: { color: "default", size: "default", isSubtle: false, weight: "default", wrap: true },
  },
  inputs: {
    label: {
      inputSpacing: "small",
      requiredInputs: { weight: "bolder", suffix: " *", suffixColor: "attention" },
      optionalInputs: { weight: "bolder" },
    },
    errorMessage: { color: "attention", weight: "default", size: "small" },
  },
  actions: {
    maxActions: 6,
    spacing: "default",
    buttonSpacing: 8,
    actionsOrientation: "horizontal",
    actionAlignment: "left",
    showCard: { actionMode: "inline", inlineTopMargin: 16, style: "emphasis" },
  },
  adaptiveCard: { allowCustomStyle: true },
};
