"""Makes corpus.json: what Hugging Face's tokenizers (0.23) makes of a few sentences of our own. Run: python make_corpus.py"""
import json, tempfile
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, decoders, processors, trainers
from tokenizers.normalizers import NFKC

text="""The little llama wanted wool. "Where's the wool?" she asked her mother's mother.
They'd looked in the barn, under the barn, and behind the barn: no wool!
 The second line starts with a space, the	third word hides a tab.

“I’ll find it,” said the owl; the owl couldn't, wouldn't and didn't.
In 2023 there were 1,234 llamas — ½ of them naïve, ﬁve of them ill. ☃ 
Llamas don't like cafés, llamas like the meadow, llamas like the little meadow.
The owl, the llama and the mother looked and looked and looked.\r
<s>Literals</s> are only text to a trainer. <pad>
日本 and Ελλάς are far away from the little llama's meadow😀
"""
# Characters newer than some libraries' Unicode tables.
text += "Newer: \U0001fae0 \u32ff \uab69 \U00010781 ok\n"
folder = Path(tempfile.mkdtemp())
(folder / "text").write_bytes(text.encode())

specials = ["<pad>", "<s>", "</s>"]


def trained(vocab_size):
    # A new one each time: a tokenizer that has been trained knows its special tokens and would cut the text at them.
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    tokenizer.normalizer = NFKC()
    tokenizer.train([str(folder / "text")], trainers.BpeTrainer(
        vocab_size=vocab_size, min_frequency=2, special_tokens=specials, show_progress=False))
    return tokenizer


tokenizer = trained(260)
oracle = {"text": text, "vocab_130": trained(130).to_str(pretty=True), "vocab_260": tokenizer.to_str(pretty=True)}
plain = json.loads(tokenizer.to_str())
plain["pre_tokenizer"]["add_prefix_space"] = False
plain = Tokenizer.from_str(json.dumps(plain))

sentences = ["The little llama looked.", " The owl", "", "\n", "\u00a0wool", "\twool  \n wool", "a<s>The owl</s> <pad>x", "<S> < s>",
             "don't DON'T we'll 'tis", "ﬁnd ½ ☃ e\u0301 Ａ", "\u0000wool\u0007", "日本語 😀", "\u32ff \U00010781 wool", "x  y   ",
             "wool\r\nwool", "\u0085 \ufeff \u2028", "12 1,234 ²", "llamallamallamallama"]
oracle["encodings"] = [{
    "text": sentence,
    "prefix": tokenizer.encode(sentence).ids,
    "plain": plain.encode(sentence).ids,
    "decoded": plain.decode(plain.encode(sentence).ids, skip_special_tokens=False),
    "skipped": plain.decode(plain.encode(sentence).ids, skip_special_tokens=True),
} for sentence in sentences]
Path(__file__).with_name("corpus.json").write_text(json.dumps(oracle, indent=1) + "\n")
