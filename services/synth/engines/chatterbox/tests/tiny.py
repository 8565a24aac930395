"""Chatterbox's own classes with small random weights, built in about a second.

What it says is noise of a fixed length a sentence: nothing that can be heard as speech is this small. The
weights are the same each time.
"""

from __future__ import annotations

import contextlib
import io
import string
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from parlando_chatterbox.library import SUPPORTED_LANGUAGES, T3, Conditionals, S3Token2Wav, T3Cond

# isort: split
import librosa
import torch
from chatterbox.models.s3gen.configs import CFM_PARAMS
from chatterbox.models.s3gen.decoder import ConditionalDecoder
from chatterbox.models.s3gen.f0_predictor import ConvRNNF0Predictor
from chatterbox.models.s3gen.flow import CausalMaskedDiffWithXvec
from chatterbox.models.s3gen.flow_matching import CausalConditionalCFM
from chatterbox.models.s3gen.hifigan import HiFTGenerator
from chatterbox.models.s3gen.transformer.upsample_encoder import UpsampleConformerEncoder
from chatterbox.models.s3gen.utils.mel import mel_spectrogram
from chatterbox.models.s3gen.xvector import CAMPPlus
from chatterbox.models.s3tokenizer import S3_SR, S3Tokenizer
from chatterbox.models.t3.llama_configs import LLAMA_CONFIGS
from chatterbox.models.t3.modules.t3_config import T3Config
from chatterbox.models.tokenizers import EnTokenizer, MTLTokenizer
from chatterbox.models.voice_encoder import VoiceEncoder
from s3tokenizer.model_v2 import ModelConfig, S3TokenizerV2
from tokenizers import Tokenizer, models
from torch import nn
from transformers import PreTrainedTokenizerFast

from parlando_chatterbox.models import MODELS, Chatterbox, Model

LENGTH = 40
"""Speech tokens of a sentence unless another is asked for: 1.6 s."""

SENTENCE = 90
"""Speech tokens of a sentence of ten words, as people say it: 3.6 s."""

_TURBO_TEXT = 110  # tokens of a sentence's text and voice, which count there as well
_WIDTH = 64
_CLIP_TOKENS = 10
_IS_TEXT = 1  # dimension that tells letters from speech
_TOKENS_PER_LETTER = 25 / 15  # white space included
_SURE = 5_000  # so that the end is nowhere in doubt
_ENDING = 7  # the token that a multilingual network repeats at its end, since that may come early

LLAMA_CONFIGS["tiny"] = LLAMA_CONFIGS["Llama_520M"] | {
    "hidden_size": _WIDTH,
    "intermediate_size": 2 * _WIDTH,
    "num_hidden_layers": 2,
    "num_attention_heads": 1,
    "num_key_value_heads": 1,
    "head_dim": _WIDTH,
}
LLAMA_CONFIGS["tiny multilingual"] = LLAMA_CONFIGS["tiny"] | {
    "num_hidden_layers": 14,  # so that there are the heads that follow the text
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "head_dim": 4,
}
LLAMA_CONFIGS["tiny turbo"] = LLAMA_CONFIGS["GPT2_medium"] | {
    "hidden_size": _WIDTH,
    "n_embd": _WIDTH,
    "n_head": 2,
    "n_layer": 2,
}


def tiny(model: Model, length: int = LENGTH) -> Chatterbox:
    """Return a small one of a model, whose sentences last so many speech tokens; Turbo's, with their text."""
    torch.manual_seed(1)
    return _assembled(model, _t3(model.name, length), TinyS3Gen(meanflow=model.name == "turbo"))


def reader() -> Chatterbox:
    """Return a small English one whose sentences last as long as people take for them."""
    torch.manual_seed(1)
    return _assembled(MODELS["english"], _reading(_t3("english", SENTENCE)), TinyS3Gen(meanflow=False))


def full(model: Model) -> Chatterbox:
    """Return one of a model as large as it is published: what it says is noise, its speed is honest."""
    torch.manual_seed(1)
    config = _config(model.name)
    config.llama_config_name = "GPT2_medium" if model.name == "turbo" else "Llama_520M"
    config.use_perceiver_resampler = model.name != "turbo"
    config.speech_cond_prompt_len = 375 if model.name == "turbo" else 150
    return _assembled(
        model,
        _ending(T3(config).eval(), SENTENCE, SENTENCE + 376 + 56),
        S3Token2Wav(meanflow=model.name == "turbo"),
        250,
    )


def _assembled(model: Model, network: T3, sound: S3Token2Wav, clip_tokens: int = _CLIP_TOKENS) -> Chatterbox:
    clip = {
        "prompt_token": torch.randint(0, 6_000, (1, clip_tokens)),
        "prompt_token_len": torch.tensor([clip_tokens]),
        "prompt_feat": torch.randn(1, 2 * clip_tokens, 80),
        "prompt_feat_len": None,
        "embedding": torch.randn(1, 192),
    }
    speaker = T3Cond(
        speaker_emb=torch.randn(1, 256),
        cond_prompt_speech_tokens=torch.randint(0, 6_000, (1, network.hp.speech_cond_prompt_len)),
        emotion_adv=0.5 * torch.ones(1, 1, 1),
    )
    parts = (network, sound.eval(), VoiceEncoder().eval(), _tokenizer(model.name), "cpu")
    with contextlib.redirect_stdout(io.StringIO()):
        return model.kind(*parts, conds=Conditionals(speaker, clip))


class TinyS3Gen(S3Token2Wav):  # type: ignore[misc]  # the library has no types
    """S3Gen with its own parts, narrower."""

    def __init__(self, *, meanflow: bool) -> None:
        nn.Module.__init__(self)
        self.meanflow = meanflow
        self.resamplers: dict[Any, Any] = {}
        self.estimator_dtype = "fp32"
        self.tokenizer = _SpeechTokenizer()
        self.speaker_encoder = CAMPPlus(growth_rate=4, init_channels=16, memory_efficient=False)
        self.mel_extractor = mel_spectrogram
        encoder = UpsampleConformerEncoder(
            output_size=512,
            attention_heads=2,
            linear_units=64,
            num_blocks=1,
            input_layer="linear",
            pos_enc_layer_type="rel_pos_espnet",
            selfattention_layer_type="rel_selfattn",
            input_size=512,
            use_cnn_module=False,
            macaron_style=False,
        )
        estimator = ConditionalDecoder(
            in_channels=320,
            out_channels=80,
            channels=[32],
            attention_head_dim=16,
            n_blocks=1,
            num_mid_blocks=1,
            num_heads=2,
            meanflow=meanflow,
        )
        solver = CausalConditionalCFM(spk_emb_dim=80, cfm_params=CFM_PARAMS, estimator=estimator)
        self.flow = CausalMaskedDiffWithXvec(input_size=512, encoder=encoder, decoder=solver)
        self.mel2wav = HiFTGenerator(
            base_channels=64,
            sampling_rate=24_000,
            upsample_rates=[8, 5, 3],
            upsample_kernel_sizes=[16, 11, 7],
            source_resblock_kernel_sizes=[7, 7, 11],
            source_resblock_dilation_sizes=[[1, 3, 5]] * 3,
            f0_predictor=ConvRNNF0Predictor(cond_channels=64),
        )
        with torch.no_grad():
            self.mel2wav.f0_predictor.classifier.bias.fill_(120.0)  # a voice's pitch
        fade = torch.zeros(960)
        fade[480:] = (torch.cos(torch.linspace(torch.pi, 0, 480)) + 1) / 2
        self.register_buffer("trim_fade", fade, persistent=False)


class _SpeechTokenizer(S3Tokenizer):  # type: ignore[misc]  # the library has no types
    def __init__(self) -> None:
        config = ModelConfig(n_audio_state=64, n_audio_head=1, n_audio_layer=1)
        S3TokenizerV2.__init__(self, "speech_tokenizer_v2_25hz", config)
        self.n_fft = 400
        filters = librosa.filters.mel(sr=S3_SR, n_fft=self.n_fft, n_mels=config.n_mels)
        self.register_buffer("_mel_filters", torch.FloatTensor(filters))
        self.register_buffer("window", torch.hann_window(self.n_fft))


def _config(name: str) -> T3Config:
    config = T3Config.multilingual() if name == "multilingual" else T3Config.english_only()
    config.speech_tokens_dict_size = (
        6_563  # as Turbo's: those of others have places for tokens that nobody says
    )
    if name == "turbo":
        config.input_pos_emb = None
        config.emotion_adv = False
    return config


def _t3(name: str, length: int) -> T3:
    config = _config(name)
    config.llama_config_name = {"multilingual": "tiny multilingual", "turbo": "tiny turbo"}.get(name, "tiny")
    config.use_perceiver_resampler = False  # it has a width of its own
    config.speech_cond_prompt_len = 8
    return _ending(T3(config).eval(), length, length + _TURBO_TEXT)


def _ending(network: T3, length: int, turbo_length: int) -> T3:
    """Have one of a network's dimensions say nothing but that it is time to end."""
    config = network.hp
    with torch.no_grad():
        if network.is_gpt:
            places, last = network.tfmr.wpe.weight, turbo_length
            del network.tfmr.wte
        else:
            places, last = network.speech_pos_emb.emb.weight, length
        for weights in (network.speech_emb.weight, network.text_emb.weight):
            weights[:, 0] = 0
        places[:last, 0] = -10  # at 0 one in fifty sentences ended early, by chance
        places[last:, 0] = 60
        head = network.speech_head.weight
        head[:, 0] = 0
        head[_ENDING, 0] = 6 if config.is_multilingual else 0
        head[config.stop_speech_token] = 0
        head[config.stop_speech_token, 0] = 8
    return network


def _reading(network: T3) -> T3:
    """Have a network that is to end somewhere end where it has said enough for its text.

    Its first layer looks at all there is alike, and so sees which share of it is text: one that falls with
    each token said.
    """
    first, said = network.tfmr.layers[0].self_attn, network.speech_pos_emb.emb.weight
    with torch.no_grad():
        for weights in (network.speech_emb.weight, network.text_pos_emb.emb.weight, said):
            weights[:, _IS_TEXT] = 0
        # To a norm, what is text is nothing else; the voice counts as one letter more.
        network.text_emb.weight[:, _IS_TEXT] = network.cond_enc.spkr_enc.bias[_IS_TEXT] = 100
        for part in (first.q_proj, first.k_proj, first.v_proj, first.o_proj):
            part.weight.zero_()
        first.v_proj.weight[0, _IS_TEXT] = _WIDTH**-0.5
        first.o_proj.weight[0, 0] = -_SURE
        said[:, 0] = _SURE / (1 + _TOKENS_PER_LETTER)
    return network


def _tokenizer(name: str) -> Any:
    marks = string.ascii_letters + string.digits + string.punctuation
    vocabulary = {"[STOP]": 0, "[UNK]": 1, "[SPACE]": 2} | {
        mark: place for place, mark in enumerate(marks, 3)
    }
    vocabulary |= {"[START]": 255} | {
        f"[{language}]": 300 + place for place, language in enumerate(SUPPORTED_LANGUAGES)
    }
    letters = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="[UNK]"))
    letters.add_special_tokens([token for token in vocabulary if token.startswith("[") and token != "["])
    if name == "turbo":
        return PreTrainedTokenizerFast(tokenizer_object=letters, eos_token="[STOP]", pad_token="[STOP]")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        letters.save(str(path))
        return (MTLTokenizer if name == "multilingual" else EnTokenizer)(str(path))
